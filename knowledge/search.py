"""Hybrid search over one or more indexes: words (BM25) and meaning (dense vectors), merged by their scores.

Both parents give their top fifty; every candidate of the union gets both scores exactly; each is stretched to 0..1 over
the union and the two are averaged. Measured on six sets against reciprocal rank fusion: mean nDCG@10 .552 to .520,
better on all six. There is no reranker: none with weights can be installed offline.

Several indexes (the library, a user's own files) are searched as one: words are counted over all of them, so that a
word is as rare as it is in all that can be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder
from knowledge.index import Index, best_rows, text_of
from knowledge.schema import Kind, Passage
from knowledge.words import Words, count_words, kept_words

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

CANDIDATES = 50
"""Taken from each parent (measured)."""
DENSE_SHARE = 0.5
"""Weight of meaning; .7 was better for pure questions, .5 over all sets. 0 is BM25 alone, 1 is vectors alone."""
PROBLEM_BOOST = 0.1
"""Added for passages that serve the problem at hand: decides between near equals, never lifts a stranger to the top."""


@dataclass(frozen=True)
class Hit:
    passage: Passage
    score: float
    """Rank within one query only: 1 is the best of its candidates in both respects, not "relevant"."""


class Search:
    """Answers queries from indexes that do not change while it lives."""

    def __init__(
        self,
        indexes: Sequence[Index],
        embedder: Embedder,
        *,
        dense_share: float = DENSE_SHARE,
        keep: Path | None = None,
    ):
        """`keep` is a folder in which the counted words are kept between starts; without one they are counted now."""
        self._indexes = tuple(index for index in indexes if index.passages)
        self._embedder = embedder
        self._dense_share = dense_share
        self._passages = tuple(passage for index in self._indexes for passage in index.passages)
        self._kinds = np.array([passage.kind for passage in self._passages], dtype="U8")
        self._vectors = _joined([index.vectors for index in self._indexes])
        self._words = self._count(keep)

    def passages(
        self, query: str, *, problem: str | None = None, kind: Kind | None = None, limit: int = 3
    ) -> list[Hit]:
        """Up to `limit` best passages, best first, ties in the order of the library; the same for the same query.

        `kind` admits only such passages. `problem` adds `PROBLEM_BOOST` to those that serve it and hides nothing.
        """
        if not query.strip() or not self._passages:
            return []
        vector = self._embedder.embed([query])[0]
        words = self._words.scores(query)
        rows = self._candidates(vector, words, kind)
        scores = fuse(self._vectors[rows] @ vector, words[rows], self._dense_share)
        scores += [PROBLEM_BOOST * (problem in self._passages[row].problems) for row in rows]
        scores = scores.round(6)  # equal texts may differ in the last bit
        order = np.argsort(-scores, kind="stable")[:limit]
        return [Hit(self._passages[rows[at]], float(scores[at])) for at in order]

    def warm(self) -> None:
        """Opens what the first query would have to wait for (about a second, once)."""
        for index in self._indexes:
            index.warm()

    def _count(self, keep: Path | None) -> Words:
        def texts() -> list[str]:
            return [text_of(passage) for passage in self._passages]

        fingerprint = "\0".join(index.fingerprint for index in self._indexes)
        if keep is None or not all(index.fingerprint for index in self._indexes):
            return count_words(texts())
        return kept_words(keep, fingerprint, texts)

    def _candidates(self, vector: Floats, words: Floats, kind: Kind | None) -> Rows:
        """Rows, ascending. A kind is not left to Chroma, whose filter scans (84 ms against 1.7 at 100,000 rows)."""
        if kind is None:
            return np.union1d(_top(words), self._nearest(vector)).astype(np.intp)
        admitted = np.flatnonzero(self._kinds == kind)
        if not len(admitted):
            return admitted
        near = admitted[best_rows(self._vectors[admitted] @ vector, CANDIDATES)]
        return np.union1d(admitted[_top(words[admitted])], near).astype(np.intp)

    def _nearest(self, vector: Floats) -> Rows:
        found: list[tuple[int, float]] = []
        start = 0
        for index in self._indexes:
            found += [(start + row, cosine) for row, cosine in index.dense(vector, CANDIDATES)]
            start += len(index.passages)
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return np.array([row for row, _ in found[:CANDIDATES]], dtype=np.intp)


def fuse(dense: Floats, words: Floats, dense_share: float = DENSE_SHARE) -> NDArray[np.float64]:
    """Weighted mean of both score rows after stretching each to 0..1."""
    return dense_share * _stretch(dense) + (1 - dense_share) * _stretch(words)


def _stretch(scores: Floats) -> NDArray[np.float64]:
    """Scores that are all equal say nothing, and become 0."""
    if not len(scores):
        return np.zeros(0)
    low, high = float(scores.min()), float(scores.max())
    if high == low:
        return np.zeros(len(scores))
    return (scores.astype(np.float64) - low) / (high - low)


def _top(words: Floats) -> Rows:
    """Rows with a score, at most CANDIDATES, best first, ties by row."""
    rows = np.flatnonzero(words)
    return rows[best_rows(words[rows], CANDIDATES)]


def _joined(parts: Sequence[Floats]) -> Floats:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
