"""Hybrid search over one or more indexes: meaning (dense vectors), words (BM25), and what points say, by their scores.

Candidates are the top fifty by meaning, the top fifty by words, and what the best documents consist of. Each candidate
gets four scores: cosine, BM25 of its passage, BM25 of its whole document, and the votes of points near the query
(`votes.py`). Each is stretched to 0..1 over the candidates, and their weighted sum decides. Score fusion rather than
reciprocal rank fusion: mean nDCG@10 .552 to .520 over six public sets. There is no reranker: none with weights can be
installed offline. `hotseat bench retrieval` measures all of it.

Several indexes (the library, a user's own files) are searched as one: words are counted over all of them, so that a
word is as rare as it is in all that can be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder
from knowledge.index import Index, best_rows, text_of
from knowledge.schema import Kind, Passage, Problem
from knowledge.vectors import VectorCache
from knowledge.votes import Electorate, Votes, electorate
from knowledge.words import Words, count_words, kept_words

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

CANDIDATES = 50
"""Taken from meaning and from words (measured)."""
DOCUMENTS = 10
"""Documents whose passages are candidates because of the whole; larger ones (books) enter by their passages alone."""
DOCUMENT_PASSAGES = 60
PROBLEM_BOOST = 0.1
"""Added for passages that serve the problem at hand: decides between near equals, never lifts a stranger to the top."""


@dataclass(frozen=True)
class Weights:
    """Share of each score in the sum. Tuned on the tuning half of the golden queries; where votes cannot be had, the
    rest decides."""

    meaning: float = 0.45
    words: float = 0.15
    document: float = 0.2
    votes: float = 0.2


WEIGHTS = Weights()


@dataclass(frozen=True)
class Hit:
    passage: Passage
    score: float
    """Rank within one query only: 1 is the best of its candidates in all respects, not "relevant"."""


class Search:
    """Answers queries from indexes that do not change while it lives."""

    def __init__(
        self,
        indexes: Sequence[Index],
        embedder: Embedder,
        *,
        problems: Sequence[Problem] = (),
        weights: Weights = WEIGHTS,
        keep: Path | None = None,
    ):
        """`problems` are those whose points vote. `keep` is a folder in which counted words and the points' vectors
        are kept between starts; without one they are made now."""
        self._indexes = tuple(index for index in indexes if index.passages)
        self._embedder = embedder
        self._weights = weights
        self._passages = tuple(passage for index in self._indexes for passage in index.passages)
        self._kinds = np.array([passage.kind for passage in self._passages], dtype="U8")
        self._vectors = _joined([index.vectors for index in self._indexes])
        self._documents = tuple(dict.fromkeys(passage.document for passage in self._passages))
        row_of = {document: row for row, document in enumerate(self._documents)}
        self._document_of = np.array([row_of[passage.document] for passage in self._passages], dtype=np.intp)
        self._rows_of = _grouped(self._document_of, len(self._documents))
        voters = electorate(problems)
        counted = self._count(voters, keep)
        self._words, self._document_words = counted["passages"], counted["documents"]
        cache = VectorCache(embedder, None if keep is None else keep / "points")
        vectors = cache.embed(voters.statements) if voters.statements else np.zeros((0, 0), dtype=np.float32)
        self._votes = Votes(voters, vectors, counted["points"], self._documents)

    def passages(
        self, query: str, *, problem: str | None = None, kind: Kind | None = None, limit: int = 3
    ) -> list[Hit]:
        """Up to `limit` best passages, best first, ties in the order of the library; the same for the same query.

        A note or case is found once, by its best passage; a user's file may be found on several pages. `kind` admits
        only such passages. `problem` adds `PROBLEM_BOOST` to those that serve it and hides nothing.
        """
        if not query.strip() or not self._passages:
            return []
        vector = self._embedder.embed([query])[0]
        words = self._words.scores(query)
        documents = self._document_words.scores(query)
        votes = self._votes.scores(query, vector)
        rows = self._candidates(vector, words, documents, votes, kind)
        own = self._document_of[rows]
        parts = (self._vectors[rows] @ vector, words[rows], documents[own], votes[own])
        scores = fuse(parts, self._weights)
        scores += [PROBLEM_BOOST * (problem in self._passages[row].problems) for row in rows]
        scores = scores.round(6)  # equal texts may differ in the last bit
        order = np.argsort(-scores, kind="stable")
        return list(_once((Hit(self._passages[rows[at]], float(scores[at])) for at in order), limit))

    def warm(self) -> None:
        """Opens what the first query would have to wait for (about a second, once)."""
        for index in self._indexes:
            index.warm()

    def _count(self, voters: Electorate, keep: Path | None) -> dict[str, Words]:
        def of(rows: Rows) -> str:
            return "\n".join(text_of(self._passages[row]) for row in rows)

        texts: dict[str, Callable[[], Sequence[str]]] = {
            "passages": lambda: [text_of(passage) for passage in self._passages],
            "documents": lambda: [of(rows) for rows in self._rows_of],
            "points": lambda: voters.texts,
        }
        if keep is None or not all(index.fingerprint for index in self._indexes):
            return {part: count_words(make()) for part, make in texts.items()}
        return kept_words(keep, "\0".join([*(index.fingerprint for index in self._indexes), *voters.texts]), texts)

    def _candidates(self, vector: Floats, words: Floats, documents: Floats, votes: Floats, kind: Kind | None) -> Rows:
        """Rows, ascending. A kind is not left to Chroma, whose filter scans (84 ms against 1.7 at 100,000 rows)."""
        whole = self._whole(documents, votes)
        if kind is None:
            return np.unique(np.concatenate([_top(words), self._nearest(vector), whole]))
        admitted = np.flatnonzero(self._kinds == kind)
        near = admitted[best_rows(self._vectors[admitted] @ vector, CANDIDATES)]
        of_kind = whole[self._kinds[whole] == kind]
        return np.unique(np.concatenate([admitted[_top(words[admitted])], near, of_kind]))

    def _whole(self, documents: Floats, votes: Floats) -> Rows:
        best = np.union1d(_top(documents, DOCUMENTS), _top(votes, DOCUMENTS))
        small = [rows for one in best if len(rows := self._rows_of[one]) <= DOCUMENT_PASSAGES]
        return np.concatenate([*small, np.zeros(0, dtype=np.intp)])

    def _nearest(self, vector: Floats) -> Rows:
        found: list[tuple[int, float]] = []
        start = 0
        for index in self._indexes:
            found += [(start + row, cosine) for row, cosine in index.dense(vector, CANDIDATES)]
            start += len(index.passages)
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return np.array([row for row, _ in found[:CANDIDATES]], dtype=np.intp)


def fuse(parts: tuple[Floats, Floats, Floats, Floats], weights: Weights = WEIGHTS) -> NDArray[np.float64]:
    """Weighted sum of meaning, words, document and votes after stretching each to 0..1."""
    shares = (weights.meaning, weights.words, weights.document, weights.votes)
    return sum((share * _stretch(part) for share, part in zip(shares, parts, strict=True)), np.zeros(len(parts[0])))


def _once(hits: Iterator[Hit], limit: int) -> Iterator[Hit]:
    """The first `limit` hits in which each note and case comes once."""
    seen: set[str] = set()
    for hit in hits:
        if len(seen) == limit:
            return
        known = hit.passage.id if hit.passage.kind == "own" else hit.passage.document
        if known not in seen:
            seen.add(known)
            yield hit


def _stretch(scores: Floats) -> NDArray[np.float64]:
    """Scores that are all equal say nothing, and become 0."""
    low, high = (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 0.0)
    if high == low:
        return np.zeros(len(scores))
    return (scores.astype(np.float64) - low) / (high - low)


def _top(scores: Floats, limit: int = CANDIDATES) -> Rows:
    """Rows with a score, at most `limit`, best first, ties by row."""
    rows = np.flatnonzero(scores)
    return rows[best_rows(scores[rows], limit)]


def _grouped(group_of: Rows, groups: int) -> list[Rows]:
    """Rows of each group, ascending."""
    order = np.argsort(group_of, kind="stable")
    return np.split(order, np.searchsorted(group_of[order], np.arange(1, groups))) if groups else []


def _joined(parts: Sequence[Floats]) -> Floats:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
