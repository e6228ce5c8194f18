"""What a candidate claimed: commitments (decisions and numbers) and misconceptions, each with the exact words. PURE."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agent.inbound import is_instruction
from knowledge.cues import first_match, sentences
from knowledge.schema import Curveball

_VERBS = (
    "use|go|pick|choose|start|begin|build|train|take|model|serve|store|split|deploy|run|keep|frame|treat|optimi[sz]e|"
    "predict|retrieve|rank|sample|log|add|make|have|do|measure|evaluate|cache|call|put|set|define|label|let|retrain|"
    "approve|block|score|filter|ship|route|send|hold|weight|fine-?tune|index|chunk|embed|monitor|page"
)
_DECISION = re.compile(
    r"\b(i('d|'ll| would| will| am going to|'m going to)|we('d|'ll| would| will| should)|let's|let us|let me)\s+"
    rf"(\w+\s+){{0,2}}?({_VERBS})\b"
    r"|\bmy (choice|pick|decision|model|baseline|primary metric|objective|label)\b.{0,20}\b(is|would be|will be)\b"
    r"|\b(i|we) (use|choose|pick|go with|settle on|commit to|train|define|serve|split|log)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<!\w)(?<!\d[.,])\d[\d,.]*+\s*+(k|m|b|ms|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|%|"
    r"percent|"
    r"million|billion|thousand|qps|requests?|users?|items?|videos?|candidates?|dimensions?|tokens?|articles?|"
    r"payments?)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_REJECTION = re.compile(
    r"\b(not|never|cannot|no longer|avoid|instead of|rather than|without|against|skip(?!.(gram|connection|list))|"
    r"drop(?!.(off|out|down))|ignore|leave out|reject|"
    r"unlike|wrong|bad idea|mistake|mislead\w*|too \w+ to|is out|ruled? out|turn(ed)? (it |that )?down|flatter\w*|"
    r"useless|discard|dropped|meaningless|hardly|rarely|seldom|barely|doubt)\b"
    # "n't" in the main clause; behind "because" or "so that" it mostly gives the reason for what is proposed.
    r"|^(?:(?!\b(?:because|so|since|that|which|who|if|when|while|as)\b).)*n't\b",
    re.IGNORECASE | re.DOTALL,
)
_DOUBTS = re.compile(
    r"\b(hmm+|hold on|wait|no, (that|it|this)|let me (think|reconsider|rethink)|on second thou?ght|although|then again|"
    r"that('s| is| may be| might be| could be) (not (quite )?right|wrong)|i am not (so )?sure (that|it|this|about)|"
    r"i'm not (so )?sure (that|it|this|about)|scratch that|is that right|now that i say it)\b",
    re.IGNORECASE,
)
_RETRACTS = re.compile(
    r"\b(scratch that|i take (that|it) back|(that|it) (was|is|would be) (wrong|a mistake|not right)|i was wrong|"
    r"correct(ing)? myself|i stand corrected|fair point|you('re| are) right|good (point|catch)\b(?!,? but)|"
    r"(have|has|make) a (good |fair )?point|point taken|i (would |'d )?drop (that|it|this))\b"
    r"|(^|[.!?]\s+)((ah|oh|ok|okay|right|yes|hm+),? )?i see\b(?!,? but)",
    re.IGNORECASE,
)
_INSISTS = re.compile(
    r"\b(i still (think|believe|would|stand|say)|i stand by|i do (think|believe) (so|it|that it)|i disagree|"
    r"i('d| would) still|i('d| would) keep (it|that|this)|no, i (still )?(think|believe|mean)|"
    r"it('s| is) fine|that('s| is) fine|doesn't matter|does not matter|never been a problem)\b",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"\W*(?:and |but |so )?(if|suppose|imagine|say) (we|you|i|they|somebody|someone)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Commitment:
    """A decision or number that the candidate stated. `quote` is an exact substring of the turn."""

    turn: int
    quote: str
    kind: Literal["decision", "number"]


@dataclass(frozen=True)
class Claim:
    """A misconception that the candidate stated: the `index`-th of `point`."""

    turn: int
    point: str
    index: int
    quote: str
    doubted: bool = False
    """Whether the same turn goes on to doubt it: the candidate may be about to correct it."""


def rejects(sentence: str) -> bool:
    """Whether a sentence turns something down, so that what it mentions is not what it proposes."""
    return bool(_REJECTION.search(_straight(sentence)))


def supposes(sentence: str) -> bool:
    """Whether a sentence only imagines what it says ("Suppose we had ...")."""
    return bool(_SUPPOSES.match(sentence))


def _straight(text: str) -> str:
    """With straight apostrophes, as the patterns have them."""
    return text.replace("’", "'")


@lru_cache(maxsize=4_096)
def commitments(turn: int, text: str, targets: tuple[str, ...] = ()) -> tuple[Commitment, ...]:
    """Every sentence of a turn that decides something or names a quantity; no questions, no orders to the grader.

    What a curveball of the problem can hit (`targets`) is a decision however it is put ("Then a two-tower model.").
    """
    found: list[Commitment] = []
    for sentence in sentences(text):
        if sentence.endswith("?") or is_instruction(sentence):
            continue
        proposes = not rejects(sentence) and not supposes(sentence)
        if proposes and (_DECISION.search(_straight(sentence)) or first_match(targets, sentence)):
            found.append(Commitment(turn, sentence, "decision"))
        elif _NUMBER.search(sentence):
            found.append(Commitment(turn, sentence, "number"))
    return tuple(found)


@lru_cache(maxsize=4_096)
def asserted(text: str) -> tuple[tuple[str, bool], ...]:
    """Sentences of an utterance that claim something, each with whether what follows doubts it.

    No questions, orders to the grader, suppositions, or sentences that turn something down or are taken back.
    """
    found: list[tuple[str, bool]] = []
    parts = sentences(text)
    for number, sentence in enumerate(parts):
        if sentence.endswith("?") or is_instruction(sentence) or rejects(sentence) or supposes(sentence):
            continue
        rest = _straight(" ".join(parts[number + 1 :]))
        if not _RETRACTS.search(rest):
            found.append((sentence, bool(_DOUBTS.search(rest))))
    return tuple(found)


def retracts(text: str) -> bool:
    """Whether an utterance takes back something said before."""
    return bool(_RETRACTS.search(_straight(text)))


def insists(text: str) -> bool:
    """Whether an utterance stands by something that was questioned."""
    return bool(_INSISTS.search(_straight(text)))


def hit_by(ball: Curveball, made: tuple[Commitment, ...]) -> Commitment | None:
    """The latest decision that a curveball is aimed at, or None."""
    aimed = (c for c in reversed(made) if c.kind == "decision" and first_match(ball.targets, c.quote))
    return next(aimed, None)
