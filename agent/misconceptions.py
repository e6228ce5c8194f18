"""Which misconceptions of a problem an answer states, by cue phrases and by meaning. PURE.

Cues are exact and miss paraphrase, so the cross-encoder reads the sentences that come near a wrong claim as well. It
was trained on sentences that make the claim and on fair ones about the same thing; `python -m evals.coverage.claims`
says how well it tells them apart. What to do about a claim is the policy's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agent.claims import Claim, asserted
from agent.events import Cell
from agent.judgement import Judge, Pair
from knowledge.cues import first_match, sentences, stems
from knowledge.schema import Problem

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

STATED = 0.9
"""Least probability of a claim that is questioned: a fair challenge matters more than finding them all."""
EXCEPTED = 0.7
"""Least probability from which the exception to a claim was argued, so that the interviewer concedes."""
NEAR = 0.4
"""Least cosine of a sentence with a wrong claim that is worth a judgement."""
NEAREST = 3
JUDGED = 12
"""Claims judged per sentence and per answer, the nearest first."""
MIN_WORDS = 5
"""Fewer say too little to tell whether they claim it or its opposite."""


@dataclass(frozen=True)
class MisconceptionIndex:
    """The wrong claims of a problem: names (`<point>/<index>`), words, what is right instead, a row of vectors each."""

    names: tuple[str, ...]
    claims: tuple[str, ...]
    rights: tuple[str, ...]
    vectors: NDArray[np.float32]


def misconception_index(problem: Problem, embed: Embed) -> MisconceptionIndex:
    known = [
        (f"{p.id}/{n}", wrong.claim, p.statement) for p in problem.points for n, wrong in enumerate(p.misconceptions)
    ]
    names, claims, rights = zip(*known, strict=True) if known else ((), (), ())
    return MisconceptionIndex(names, claims, rights, embed(claims) if known else np.zeros((0, 1), np.float32))


def by_meaning(
    text: str, known: MisconceptionIndex, embed: Embed, judge: Judge, *, stated: float = STATED
) -> tuple[Cell, ...]:
    """Wrong claims that sentences of a text make; `Cell.point` is the claim's name. Each once, where it is surest.

    A sentence that may show the point itself is not held to be its opposite: the two share their words.
    """
    parts = tuple(sentence for sentence, _ in asserted(text) if len(stems(sentence)) >= MIN_WORDS)
    if not parts or not known.names:
        return ()
    near = embed(parts) @ known.vectors.T
    worth = [(row, int(column)) for row in range(len(parts)) for column in np.argsort(-near[row])[:NEAREST]]
    worth = sorted((cell for cell in worth if near[cell] >= NEAR), key=lambda cell: -near[cell])[:JUDGED]
    logits = judge([Pair(known.claims[column], parts[row]) for row, column in worth])[:, 0] if worth else np.zeros(0)
    best: dict[str, Cell] = {}
    for (row, column), logit in sorted(zip(worth, logits, strict=True), key=lambda pair: -pair[1]):
        probability = float(1 / (1 + np.exp(-logit)))
        if probability >= stated and judge([Pair(known.rights[column], parts[row])])[0, 0] < 0:
            cell = Cell(point=known.names[column], state="shown", quote=parts[row], probability=round(probability, 4))
            best.setdefault(known.names[column], cell)
    return tuple(best.values())


def excepted(unless: str, answer: str, question: str, judge: Judge) -> Cell:
    """Whether a reply to a challenge argues the exception under which the questioned claim is right.

    The reply is judged sentence by sentence and as a whole, because a reason may need two; the surest counts.
    """
    parts = sentences(answer)
    windows = [*parts, answer] if len(parts) > 1 else [*parts]
    logits = judge([Pair(unless, window, question) for window in windows])[:, 0] if windows else np.array([-9.0])
    probability = float(1 / (1 + np.exp(-logits.max())))
    row = int(logits[: len(parts)].argmax()) if parts else 0
    return Cell(
        point="",
        state="shown" if probability >= EXCEPTED else "unsure",
        quote=parts[row] if parts else "",
        probability=round(probability, 4),
    )


def misconceptions(problem: Problem, turn: int, text: str, read: Iterable[Cell] = ()) -> tuple[Claim, ...]:
    """Wrong claims stated in a turn, in the order of its sentences; `read` are those found by meaning."""
    cues = tuple(((p.id, n), wrong.cues) for p in problem.points for n, wrong in enumerate(p.misconceptions))
    stated = _cued(cues, text) | {(cell.quote, cell.point) for cell in read}
    return tuple(
        Claim(turn, point, index, sentence, doubted)
        for sentence, doubted in asserted(text)
        for (point, index), _ in cues
        if (sentence, f"{point}/{index}") in stated
    )


@lru_cache(maxsize=4_096)
def _cued(cues: tuple[tuple[tuple[str, int], tuple[str, ...]], ...], text: str) -> frozenset[tuple[str, str]]:
    """Pairs of a sentence and the claim of which it has a cue."""
    said = [sentence for sentence, _ in asserted(text)]
    return frozenset((s, f"{point}/{index}") for s in said for (point, index), own in cues if first_match(own, s))
