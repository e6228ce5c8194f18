"""What may be shown of a model's reply. PURE: text in, the admissible beginning of it out.

A reply is released sentence by sentence: whatever would break role (praise, a second question, markup, a leaked point,
a score, a time that the clock did not give) cuts it there, and the authored question takes over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.inbound import foreign, unreadable
from agent.reply import REPLY_WORDS, word_count
from knowledge.cues import stems


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


ACKNOWLEDGEMENT_WORDS = 25
_MARKUP = re.compile(r"[*_`#|<>\[\]{}]|^\s*(?:[-•]|\d+[.)])(?:\s|$)", re.MULTILINE)
_PRAISE = _any(
    r"\b(great|good|excellent|perfect|nice|awesome|fantastic|wonderful|impressive|brilliant|amazing|solid|correct|"
    r"right|exactly)"
    r"\s+(job|work|point|answer|question|start|thinking|choice|idea|approach|call|catch|one|stuff|explanation|"
    r"insight|!)",
    r"^\W*(great|good|excellent|perfect|nice|awesome|fantastic|wonderful|impressive|brilliant|correct|exactly|"
    r"well done|spot on)\b",
    r"\b(well done|spot on|love (it|that)|you('re| are) (right|correct|doing (great|well)))\b",
    r"\bsounds? (great|good|excellent|perfect|like a (great|good))",
)
_ROLE = _any(
    r"\bas an? (ai|language model|assistant|candidate)\b",
    r"\b(interviewer|candidate|assistant|user|director|note)\s*:",
    r"\bi('m| am) (an? (ai|language model|assistant)|sorry)\b",
    r"\b(rubric|score ?card|verdict|hire|points? (for|out of))\b",
    r"\bi( would| will|['’]d|['’]ll) (use|build|start|choose|go|design|train|implement|consider)\b",
    r"\b(here('s| is| are)|sure|certainly|of course)\b.{0,20}(answer|solution|design|list|question)",
    r"\b(you (should|could|need to|must|may want)|we (should|could|can|need|must|will|would|have to)|let'?s|let us)\b",
    r"\bdirector'?s? note\b",
    r"\bnext question\b",
    r"\bsystem prompt\b",
)
_CLOCK = _any(
    r"\b(\d+|few|couple of|one|two|three|four|five|ten|fifteen|twenty|thirty)\s*(minutes?|mins?|seconds?)\b.{0,20}"
    r"\b(left|remain(s|ing)?|to go)\b",
    r"\b(little|no|enough|much|some) (more )?time (is )?(left|remain(s|ing)?)\b",
    r"\b(out of time|short on time|time is (nearly |almost )?(up|over|short|running out))\b",
)
_SENTENCE = re.compile(r"\S.*?[.!?…。！？](?=\s)", re.DOTALL)
"""A sentence is whole once a blank follows it: at the end of what has come so far, "3." may become "3.5"."""


@dataclass(frozen=True)
class Verdict:
    """What may be shown of a text, and why the rest was cut (None when nothing was)."""

    text: str
    cut: str | None = None


@dataclass(frozen=True)
class Limits:
    """What one reply may contain. `forbidden` are stem runs of points that the candidate has not shown."""

    words: int = REPLY_WORDS
    questions: int = 1
    authored: int = 0
    """Words of the authored question, which follows whatever does not ask: room is kept for it."""
    forbidden: frozenset[tuple[str, ...]] = frozenset()


LEAK_RUN = 3


def forbidden_runs(statements: tuple[str, ...], allowed: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Runs of `LEAK_RUN` long stems of unshown points' statements that nothing said so far contains."""
    said = {run for text in allowed for run in _runs(text)}
    return frozenset(run for statement in statements for run in _runs(statement)) - frozenset(said)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = tuple(word for word in stems(text) if len(word) > 3)
    return {words[i : i + LEAK_RUN] for i in range(len(words) - LEAK_RUN + 1)}


def objection(sentence: str, limits: Limits) -> str | None:
    """Why a sentence of a model's reply may not be shown, or None."""
    checks = (
        ("markup", bool(_MARKUP.search(sentence))),
        ("praise", bool(_PRAISE.search(sentence))),
        ("role", bool(_ROLE.search(sentence))),
        ("clock", bool(_CLOCK.search(sentence))),
        ("language", foreign(sentence) or unreadable(sentence)),
        ("leak", not limits.forbidden.isdisjoint(_runs(sentence))),
    )
    return next((name for name, broken in checks if broken), None)


def outbound(text: str, limits: Limits) -> Verdict:
    """The longest admissible run of whole sentences from the start of `text`.

    Works on prefixes: as a stream grows, the admitted text only grows, until something is cut for good. A stream that
    has ended is read with a blank behind it.
    """
    shown: list[str] = []
    words = questions = 0
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        words += word_count(sentence)
        questions += sentence.count("?")
        reason = objection(sentence, limits)
        if reason is None and words > limits.words - (0 if questions else limits.authored):
            reason = "length"
        if reason is None and questions > limits.questions:
            reason = "questions"
        if reason is None and sentence in shown:
            reason = "repetition"
        if reason:
            return Verdict(" ".join(shown), reason)
        shown.append(sentence)
    return Verdict(" ".join(shown))
