"""What one utterance asks of the interviewer, beyond being an answer. PURE: text in, flags out.

Requests, refusals, silences and instructions to the grader are recognised in plain words. What to do about them is the
policy's work.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from agent.clock import HEARD_WORDS
from knowledge.cues import sentences, stems


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_HINT = _any(
    r"\b(can|could|may|might) (i|you|we) (please )?(get|have|give|offer)( me| us)? (a|another|one|some|the) (small |little |tiny )?"
    r"(hint|clue|nudge|pointer)",
    r"^\W*(a |another )?(hint|clue)( please)?\W*$",
    r"\bi('d| would| could)? (need|like|use|want) (a|another|some) (hint|clue|nudge)",
    r"\b(give|drop) me (a|another) (hint|clue|nudge)",
)
_REPEAT = _any(
    r"\b(can|could|would) you (please )?(repeat|rephrase|say) (the question|that( again)?|it( again)?|your question)",
    r"^\W*(sorry,? )?(what was the question|repeat( please| that)?|come again|pardon( me)?)\W*$",
)
_NEXT = _any(
    r"\b(can|could|shall|should|let's|let us|may) (we|us)? ?(please )?(move on|skip (this|that|it)|go to the next)",
    r"^\W*(next|skip|pass|move on|next (question|stage|part)|skip (this|it))( please)?\W*$",
    r"\bi('d| would) (like|rather|prefer) to (move on|skip)",
)
_FINISH = _any(
    r"\b(i('d| would) like to|let's|let us|can we|could we|please|i want to) (stop|end|finish|quit) (here|now|the interview|this)",
    r"^\W*(finish|quit|stop|end|exit|end (the )?interview|i'?m done|that'?s all( i have)?)\W*$",
)
_ANSWER = _any(
    r"\b(just )?(tell|give|show) me (the|your) (full |right |correct |model |ideal |sample )?(answer|solution|design|rubric)",
    r"\bwhat('s| is| would be) the (right|correct|ideal|best|expected|model) (answer|solution|design)\b",
    r"\bwhat (are you|do you) (looking for|expect(ing)?|want to hear|want me to say)",
    r"\bwhat would you (do|answer|say|design|choose|pick)( here| instead| yourself)?\s*\?",
)
_SCORE = _any(
    r"\b(how am i|how'?m i|am i) (doing|scoring|passing|on track|on the right track)",
    r"\b(what('s| is)|tell me|give me|show me) my (score|grade|rating|mark|result)",
    r"\b(did|have|will) i (pass|passed|get(ting)? (the job|hired|an offer))",
    r"\bwas that (right|correct|good|ok(ay)?)\s*\?",
)
_INSTRUCTION = _any(
    r"\b(ignore|disregard|forget|override|bypass) (all |any |every )?(of )?(your|the|these|those|previous|prior|above|earlier)"
    r".{0,30}(instruction|rule|prompt|guideline|guardrail|polic)",
    r"\b(give|grant|award|assign|mark|score|rate|grade) (me|this|it|everything|every|all)\b.{0,40}"
    r"(strong hire|full marks|top (score|marks)|10/10|100 ?%|all points|highest|maximum|as (shown|covered|justified))",
    r"\byou are (now|no longer) (an?|the|my)\b",
    r"\b(new|updated) (system )?(prompt|instructions?)\s*:",
    r"\b(system|developer|assistant|director'?s? note)\s*:\s",
    r"</?(system|instructions?|assistant|director|note|s)>|<\|.{0,20}\|>",
    r"\b(reveal|print|repeat|output|show) (me )?(your|the) (system )?(prompt|instructions|rubric|hidden)",
    r"\bpretend (to be|you are|that you)\b",
    r"\b(mark|count|treat) (all|every|each) (the )?(points?|criteria|items?) (as )?(shown|covered|met)",
)
_STALL = _any(
    r"^\W*(i (really |honestly )?(don'?t|do not) know( (this|that|it|much|how|what|about)\b.{0,40})?|no idea|not sure|i'?m (not sure|stuck|blank(ing)?)"
    r"|no clue|dunno|idk|hm+|uh+m*|um+|i have no idea|nothing comes to mind|i can'?t think of (anything|it)|n/?a)\W*$",
)
_THINKING = _any(
    r"\b(let me|give me|i need) (just )?(think|a (second|moment|minute|sec)|one (second|moment|minute))[^.?!]*[.… ]*$",
    r"(\.\.\.|…)\s*$",
    r"^\W*(one (second|moment|sec)|hold on|thinking)\W*$",
)
_CHECK_IN = _any(
    r"\b(does|did|do) (that|this|it) (make sense|sound (good|right|ok(ay)?|reasonable)|work for you|answer your question)",
    r"\b(shall|should|can|may|could) i (go on|continue|proceed|start|carry on|keep going|dive|go deeper|move on|begin)",
    r"\b(would|do) you (like|want|prefer) me to",
    r"\bcan i ask (you )?(a few|some|a couple)",
    r"\b(is|does) (that|this) (ok(ay)?|fine|alright|clear|enough)( so far| with you)?\s*\?",
    r"\bany (questions|concerns|thoughts)( so far| on that)?\s*\?",
    r"\b(right|ok(ay)?|yes|no|correct)\s*\?\s*$",
)
_ASKING = _any(
    r"\b(do|are|can|could|should|may|is|will|does|did|would) (we|you|i|there|it|this|the|they|users|customers|any)\b",
    r"\b(how|what|which|who|where|when)('s| (many|much|big|large|long|often|fast|old|fresh|is|are|do|does|kind|sort|type|languages?|data|about)\b)",
    r"\bcan i assume\b",
)
_INDIRECT = _any(
    r"\b(i('d| would) (like|want|need|love) to (know|understand|ask|find out|clarify)|i want to (know|understand|ask)|could you (tell|share|give)|"
    r"can you (tell|share|give|clarify)|do you (know|have)|tell me (about|how|what|more)|i('m| am) wondering|my (first |next )?question is)\b",
)

_NOT_ABOUT_THE_PROBLEM = (_CHECK_IN, _SCORE, _ANSWER, _INSTRUCTION, _HINT, _REPEAT, _NEXT, _FINISH)


@dataclass(frozen=True)
class Inbound:
    """What one utterance asks of the interviewer, beyond being an answer."""

    blank: bool = False
    unreadable: bool = False
    foreign: bool = False
    too_long: bool = False
    stall: bool = False
    thinking: bool = False
    check_in: bool = False
    wants_hint: bool = False
    wants_repeat: bool = False
    wants_next: bool = False
    wants_finish: bool = False
    wants_answer: bool = False
    wants_score: bool = False
    instruction: bool = False
    questions: tuple[str, ...] = ()
    """Sentences that ask the interviewer about the problem and expect an answer."""
    interrogatives: tuple[str, ...] = ()
    """All sentences that could ask about the problem, those that the candidate may have answered alone included."""


SHORT = 25
"""Words under which a request in an utterance is the utterance's point and not a turn of phrase."""


def inbound(text: str) -> Inbound:
    """Reads one utterance. Never raises; a text it cannot read is `unreadable`."""
    words = len(text.split())
    if unreadable(text):
        return Inbound(unreadable=True)
    if not stems(text):
        return Inbound(blank=True)
    if foreign(text):
        return Inbound(foreign=True, too_long=words > HEARD_WORDS)
    short = words <= SHORT
    tail = " ".join(sentences(text)[-2:])
    return Inbound(
        too_long=words > HEARD_WORDS,
        stall=bool(_STALL.search(text)),
        thinking=bool(_THINKING.search(tail[-120:])),
        check_in=bool(_CHECK_IN.search(tail)),
        wants_hint=bool(_HINT.search(tail)),
        wants_repeat=short and bool(_REPEAT.search(text)),
        wants_next=short and bool(_NEXT.search(text)),
        wants_finish=short and bool(_FINISH.search(text)),
        wants_answer=bool(_ANSWER.search(tail)),
        wants_score=bool(_SCORE.search(tail)),
        instruction=bool(_INSTRUCTION.search(text)),
        questions=clarifying_questions(text),
        interrogatives=interrogatives(text),
    )


def clarifying_questions(text: str) -> tuple[str, ...]:
    """Sentences that ask the interviewer about the problem.

    Rhetorical questions are left out: a question counts when another question or nothing follows it; one that is
    followed by plain statements is taken for a way of speaking ("How do we get negatives? We sample them.").
    """
    parts = sentences(text)
    asked = interrogatives(text)
    return tuple(
        part
        for index, part in enumerate(parts)
        if part in asked and (_INDIRECT.search(part) or _open(parts, index)) and _ASKING.search(part)
    )


def _open(parts: tuple[str, ...], index: int) -> bool:
    return index + 1 == len(parts) or parts[index + 1].endswith("?")


def interrogatives(text: str) -> tuple[str, ...]:
    """Questions, direct and indirect, that are not about the interview itself."""
    return tuple(
        part
        for part in sentences(text)
        if (part.endswith("?") or _INDIRECT.search(part)) and not any(p.search(part) for p in _NOT_ABOUT_THE_PROBLEM)
    )


def is_instruction(sentence: str) -> bool:
    """Whether a sentence addresses the grader instead of the problem. Such sentences are never evidence."""
    return bool(_INSTRUCTION.search(sentence))


def unreadable(text: str) -> bool:
    """Binary or control characters, or hardly any letters in a long text."""
    if not text.strip():
        return False
    control = sum(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} and c not in "\n\r\t" for c in text)
    replaced = text.count("\ufffd")
    letters = sum(c.isalpha() for c in text)
    return (control + replaced) * 20 > len(text) or (len(text) > 40 and letters * 4 < len(text))


_COMMON_ENGLISH = frozenset(
    "the a an i we to of and or in for with is are be it that this on would will can not so at by from as if do have "
    "you they what how no yes but my our use one more like then there when each all model data users user".split()
)


def foreign(text: str) -> bool:
    """Whether a text of at least eight words is not English: another script, or hardly any English function word."""
    letters = [c for c in text if c.isalpha()]
    if len(letters) < 4:
        return False
    other_script = sum(ord(c) > 0x24F for c in letters)
    if other_script * 2 > len(letters):
        return True
    words = re.findall(r"[^\W\d_]+", text.lower())
    return len(words) >= 8 and sum(word in _COMMON_ENGLISH for word in words) * 10 < len(words)


def clean(text: str) -> str:
    """The utterance without control characters and bidirectional overrides; everything visible stays as it was said."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Cf"} or c == "\u200d")
