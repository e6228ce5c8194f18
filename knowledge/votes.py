"""Points as a bridge from talk to reading: candidates talk like the points' own sentences, and points name sources.

Notes and cases are written, questions and answers are spoken. Each problem's points hold hundreds of spoken sentences,
and every point says which notes and cases it rests on. The points nearest to a query vote for these. No files here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.schema import Point, Problem
from knowledge.words import Words

Floats = NDArray[np.float32]

VOTERS = 20
"""Points that vote."""
SHARPNESS = 4
"""Power to which nearness is raised: a near point outvotes several distant ones. Both tuned on the tuning half."""


@dataclass(frozen=True)
class Electorate:
    """What votes: the points of all problems, with the text that is embedded and the text whose words are counted."""

    statements: tuple[str, ...]
    texts: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]


def electorate(problems: Iterable[Problem]) -> Electorate:
    points = [point for problem in problems for point in problem.points]
    return Electorate(
        tuple(point.statement for point in points),
        tuple(" ".join(_said(point)) for point in points),
        tuple(point.sources for point in points),
    )


def _said(point: Point) -> Iterable[str]:
    yield from (point.statement, point.probe, point.strong, point.trade_off, *point.showings)
    for wrong in point.misconceptions:
        yield from (wrong.claim, wrong.challenge)


class Votes:
    """Scores documents by the points near a query."""

    def __init__(self, voters: Electorate, vectors: Floats, words: Words, documents: Sequence[str]):
        """`vectors` are those of the statements, `words` those of the texts, `documents` the ids that are scored."""
        row_of = {document: row for row, document in enumerate(documents)}
        self._sources = [[row_of[one] for one in sources if one in row_of] for sources in voters.sources]
        cited = np.zeros(len(documents), dtype=np.float32)
        for rows in self._sources:
            cited[rows] += 1
        # A document that every second point cites says little.
        self._weights: Floats = (1 / np.sqrt(np.maximum(cited, 1))).astype(np.float32)
        self._vectors = vectors
        self._words = words

    def scores(self, query: str, vector: Floats) -> Floats:
        """One score per document, 0 where no near point rests on it."""
        votes = np.zeros(len(self._weights), dtype=np.float32)
        if not len(self._sources):
            return votes
        near = self._nearness(query, vector)
        for point in np.argsort(-near, kind="stable")[:VOTERS]:
            rows = self._sources[int(point)]
            votes[rows] += near[point] * self._weights[rows]
        return votes

    def _nearness(self, query: str, vector: Floats) -> Floats:
        """Mean of meaning and words, each 0 to 1 over all points, sharpened."""
        cosines = self._vectors @ vector
        low, high = float(cosines.min()), float(cosines.max())
        meaning = (cosines - low) / (high - low) if high > low else np.zeros_like(cosines)
        counts = self._words.scores(query)
        words = counts / (float(counts.max()) or 1.0)
        return np.asarray(((meaning + words) / 2) ** SHARPNESS, dtype=np.float32)
