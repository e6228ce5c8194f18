"""How fast search is: at the shipped size, and at 100,000 passages made up of the library's sentences.

Vectors of made-up passages are mixtures of real sentence vectors: embedding 100,000 texts would take many minutes
and change nothing in what is timed here. Queries are real and embedded each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evals.retrieval.metrics import mean, percentile
from knowledge.cues import sentences
from knowledge.embedding import Embedder
from knowledge.index import Index, Progress, best_rows, index_passages, text_of
from knowledge.schema import Passage, Problem
from knowledge.search import CANDIDATES, Search

LARGE = 100_000
SENTENCES_PER_PASSAGE = 6
STARTS = 5
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Speed:
    """Seconds and milliseconds of one size, on this machine, now."""

    passages: int
    build_s: float
    """From nothing to a ready index; made-up passages are not embedded."""
    start_s: float
    """A start with nothing changed, median of five: index and counted words from disk."""
    open_s: float
    """Opening Chroma, once, in the background."""
    p50_ms: float
    p95_ms: float
    """A query, its embedding included."""
    recall: float
    """Share of the fifty nearest by exact search that Chroma returns."""


def measure(
    passages: tuple[Passage, ...], problems: Sequence[Problem], embedder: Embedder, queries: Sequence[str],
    folder: Path, progress: Progress,
) -> Speed:  # fmt: skip
    """`problems` are those whose points vote; `folder` must be empty, or what is found there is not built."""
    build_s, index = _timed(lambda: index_passages(passages, folder, embedder, progress))

    def start() -> Search:
        return Search([index_passages(passages, folder, embedder)], embedder, problems=problems, keep=folder)

    counted_s, _ = _timed(lambda: Search([index], embedder, problems=problems, keep=folder))
    starts = [_timed(start)[0] for _ in range(STARTS)]
    search = start()
    open_s, _ = _timed(search.warm)
    search.passages(queries[0])
    times = [_timed(lambda query=query: search.passages(query))[0] * 1000 for query in queries]  # type: ignore[misc]
    recall = _recall(index, embedder, queries)
    index.close()
    return Speed(
        passages=len(passages),
        build_s=build_s + counted_s,
        start_s=percentile(starts, 0.5),
        open_s=open_s,
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
        recall=recall,
    )


def _recall(index: Index, embedder: Embedder, queries: Sequence[str]) -> float:
    """Of Chroma's rows, before our own cosines order them."""
    shares = []
    for vector in embedder.embed(list(queries)):
        exact = set(best_rows(index.vectors @ vector, CANDIDATES).tolist())
        shares.append(len(exact & {row for row, _ in index.dense(vector, CANDIDATES)}) / len(exact))
    return mean(shares)


def _timed(work: Callable[[], _Made]) -> tuple[float, _Made]:
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


# --- a large collection -----------------------------------------------------------------------------------------------


class Known:
    """An embedder that looks vectors up and asks the real one for the rest (the queries)."""

    def __init__(self, real: Embedder, known: dict[str, NDArray[np.float32]]):
        self.name = f"{real.name} (looked up)"
        self.dimension = real.dimension
        self._real = real
        self._known = known

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if all(text in self._known for text in texts):
            return np.stack([self._known[text] for text in texts])
        return self._real.embed(texts)


def made_up(
    library: Sequence[Passage], embedder: Embedder, count: int, progress: Progress
) -> tuple[tuple[Passage, ...], Known]:
    """`count` passages of shuffled sentences, the same ones every time, with vectors near those of their sentences."""
    pool = sorted({one for passage in library for one in sentences(passage.text) if len(one.split()) > 4})
    rows = []
    for done, one in enumerate(pool):
        progress(done, len(pool))
        rows.append(embedder.embed([one])[0])
    progress(len(pool), len(pool))
    vectors = np.stack(rows)
    random = np.random.default_rng(20261120)
    chosen = random.integers(len(pool), size=(count, SENTENCES_PER_PASSAGE))
    passages = tuple(
        Passage.model_construct(
            id=f"made-{n}", kind="own", document=f"made-{n}", title=f"Made up {n}", heading="page 1",
            text=" ".join(pool[i] for i in row), problems=(),
        )
        for n, row in enumerate(chosen)
    )  # fmt: skip
    weights = random.dirichlet(np.full(SENTENCES_PER_PASSAGE, 0.6), size=count).astype(np.float32)
    mixed = np.einsum("nk,nkd->nd", weights, vectors[chosen], dtype=np.float32)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    return passages, Known(embedder, {text_of(one): vector for one, vector in zip(passages, mixed, strict=True)})
