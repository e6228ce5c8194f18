"""What a board contradicts of the candidate's own words, each with both quotes. PURE.

The rules are few and built for precision: an interviewer who points at a contradiction that is none loses the
candidate. Each takes what the words decided, and is silent where other words restrict it or take it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.board import Board, Line, Node, drawn
from agent.claims import Commitment, rejects
from agent.inbound import is_instruction
from knowledge.schema import ComponentKind


class ClashKind(StrEnum):
    BATCH_BUT_CALLED = "batch-but-called"
    NO_CACHE_BUT_CACHE = "no-cache-but-cache"
    ONE_MODEL_BUT_SEVERAL = "one-model-but-several"


@dataclass(frozen=True)
class Clash:
    """A sentence of the candidate and a line of their board that hardly go together; `nodes` are labels at issue."""

    kind: ClashKind
    turn: int
    said: str
    line: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """What was said so far, as (turn, sentence): the `decided` sentences, and all that were `spoken`."""

    decided: tuple[tuple[int, str], ...]
    spoken: tuple[tuple[int, str], ...]

    def deciding(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
        return (one for one in self.decided if pattern.search(one[1]))

    def mention(self, pattern: re.Pattern[str]) -> bool:
        """Whether anything said proposes what `pattern` names."""
        return any(pattern.search(sentence) and not rejects(sentence) for _, sentence in self.spoken)


Found = tuple[tuple[int, str], str, tuple[str, ...]]
"""The spoken sentence, the line that it clashes with, the labels at issue."""


def contradictions(
    board: Board, commitments: Sequence[Commitment], spoken: Sequence[tuple[int, str]]
) -> tuple[Clash, ...]:
    """What the board shows against the words, each kind once. `spoken` are all sentences so far, with their turns."""
    words = Words(tuple((c.turn, c.quote) for c in commitments if c.kind == "decision"), tuple(spoken))
    found = ((kind, rule(drawn(board), words)) for kind, rule in _RULES.items())
    return tuple(Clash(kind, *one[0], *one[1:]) for kind, one in found if one)


# --- scored in batch, and called by a client ------------------------------------------------------------------------

_BATCH = re.compile(
    r"(?<!micro )(?<!micro-)(?<!dynamic )\bbatch[- ](scor\w+|predict\w+)\b"
    r"|\b(score|predict|compute (all |the |all the )?(scores|predictions|recommendations)|run (the )?inference)\b"
    r"[^.;,]{0,40}\b(in (a )?(nightly |daily )?batch(es)?|overnight|nightly|every night|once a (day|night))\b"
    r"|\bpre-?compute (all |the |all the )?(scores|predictions|recommendations)\b",
    re.IGNORECASE,
)
_NOT_SERVING = re.compile(r"\b(evaluat\w*|tests?|validation|hold-?out|metrics?|backfill\w*|labels?|train\w*)\b", re.I)
_ON_REQUEST = re.compile(
    r"\b(real[- ]?time|online|synchronous\w*|(on|per|each|every) request|request time|on demand|on the fly|live|"
    r"milliseconds?|ms|fall ?back)\b",
    re.IGNORECASE,
)
_NOT_A_CALL = re.compile(
    r"\b(batch|async\w*|offline|nightly|daily|log\w*|feedback|events?|on[- ]device|train\w*)\b", re.I
)


def _batch_but_called(board: tuple[Line, ...], words: Words) -> Found | None:
    said = next((one for one in words.deciding(_BATCH) if not _NOT_SERVING.search(one[1])), None)
    line = next((line for line in board if _is_call(line)), None)
    if not said or not line or words.mention(_ON_REQUEST):
        return None
    return said, line.text, tuple(node.label for node in line.nodes)


def _is_call(line: Line) -> bool:
    kinds = [node.kind for node in line.nodes]
    return kinds == [ComponentKind.CLIENT, ComponentKind.MODEL] and not _NOT_A_CALL.search(line.text)


# --- no cache, and a cache -------------------------------------------------------------------------------------------

_END = r"(?=\s*([.,;!:]|$|\b(at all|here|anywhere|because|since)\b))"
_NO_CACHE = re.compile(
    r"\b(i|we)\b[^,;.]{0,20}(\bnot|\bnever|n['’]t) (use|need|want|have|add|put in|build) (a |any |the )?"
    rf"cach(e|es|ing)\b{_END}"
    r"|(^|[,;:]|\band|\b(use|have|want|need))\s*no cach(e|es|ing)( at all| here| anywhere)?\s*[.!]?$",
    re.IGNORECASE,
)
_CACHE = re.compile(r"\bcach", re.IGNORECASE)
_HEDGED = re.compile(r"\b(if|suppose|imagine|could|might|may|maybe|today|currently|yet|first)\b|\?$", re.IGNORECASE)
_NOT_DRAWN = re.compile(r"\b(no|not|without|skip|later|maybe|optional)\b|\?", re.IGNORECASE)


def _no_cache_but_cache(board: tuple[Line, ...], words: Words) -> Found | None:
    """The last word on caches counts, when it is a plain no."""
    said = next((one for one in reversed(words.spoken) if _CACHE.search(one[1])), None)
    cache = next(((line.text, node.label) for line in board for node in line.nodes if _is_cache(node)), None)
    if not said or not cache or is_instruction(said[1]) or _HEDGED.search(said[1]):
        return None
    return (said, cache[0], cache[1:]) if _NO_CACHE.search(said[1]) else None


def _is_cache(node: Node) -> bool:
    return node.kind is ComponentKind.CACHE and not _NOT_DRAWN.search(node.label)


# --- a single model, and several rankers -----------------------------------------------------------------------------

_SHARED = r"(?! (per|for each|for every|in each|each)\b)"
_ONE_MODEL = re.compile(
    rf"\b((just |only )?(a|one) single|(only|just) one) (\w+ ){{0,2}}model\b{_SHARED}"
    r"|\bone (\w+ )?model (for everything|does it all|does everything|end to end)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b((two|three|several|multiple|many|second|different|both|other|separate) (\w+ ){0,2}(models?|rankers?|stages?)|"
    r"two[- ]stage|multi[- ]stage|ensemble|cascade|funnel)\b",
    re.IGNORECASE,
)
_NOT_RANKING = re.compile(r"\b(retriev\w*|candidates?|embed\w*|tower|encoder|intent|generat\w*)\b", re.IGNORECASE)
"""A single model of these is not the one that ranks."""
_RANKS = re.compile(r"\b(ranker|ranking|scorer|scoring)\b", re.IGNORECASE)
_BESIDE = re.compile(
    r"\b(shadow|canary|challenger|champion|baseline|fallback|old|new|next|v\d+|re-?rank\w*)\b", re.IGNORECASE
)
"""A second ranker that is one of these is no contradiction to a single model."""


def _one_model_but_several(board: tuple[Line, ...], words: Words) -> Found | None:
    said = next((one for one in words.deciding(_ONE_MODEL) if not _NOT_RANKING.search(one[1])), None)
    rankers = [(node.label, line.text) for line in board for node in line.nodes if _is_ranker(node)]
    second = next((one for one in rankers if one[0].lower() != rankers[0][0].lower()), None)
    if not said or not second or words.mention(_SEVERAL):
        return None
    return said, second[1], (rankers[0][0], second[0])


def _is_ranker(node: Node) -> bool:
    return node.kind is ComponentKind.MODEL and bool(_RANKS.search(node.label)) and not _BESIDE.search(node.label)


_RULES: dict[ClashKind, Callable[[tuple[Line, ...], Words], Found | None]] = {
    ClashKind.BATCH_BUT_CALLED: _batch_but_called,
    ClashKind.NO_CACHE_BUT_CACHE: _no_cache_but_cache,
    ClashKind.ONE_MODEL_BUT_SEVERAL: _one_model_but_several,
}
