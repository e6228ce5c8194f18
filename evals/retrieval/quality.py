"""Which search finds more: nothing, words, meaning or both, on our golden queries and on public collections.

"none" answers every query with the collection in its own order: the floor that any search must leave behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.retrieval.collections import Contents
from evals.retrieval.golden import Golden
from evals.retrieval.metrics import Grades, distinct, mean, ndcg_at, recall_at
from knowledge import search
from knowledge.embedding import Embedder
from knowledge.index import Progress, index_passages
from knowledge.library import Library
from knowledge.schema import Passage, Problem
from knowledge.search import Search, Weights

WEIGHTS = {"BM25": Weights(0, 1, 0, 0), "dense": Weights(1, 0, 0, 0), "hybrid": search.WEIGHTS}
SYSTEMS = ("none", *WEIGHTS)
RECALL_AT, NDCG_AT = 5, 10
"""Documents looked at: five are what the report names, ten are usual."""
DEPTH = 50
"""Passages fetched, so that ten different documents are among them."""


@dataclass(frozen=True)
class Task:
    """A collection with judged queries. Passages of one document count as that document."""

    name: str
    passages: tuple[Passage, ...]
    queries: tuple[tuple[str, Grades], ...]
    problems: tuple[Problem, ...] = ()
    """Whose points may vote."""


@dataclass(frozen=True)
class Quality:
    """Means over a task's queries."""

    recall: float
    ndcg: float


def golden_task(name: str, library: Library, queries: Sequence[Golden]) -> Task:
    judged = tuple((one.query, one.relevant) for one in queries)
    return Task(name, library.passages, judged, tuple(library.problems.values()))


def public_task(name: str, contents: Contents) -> Task:
    """Queries without a relevant text are left out, as usual."""
    passages = tuple(
        Passage.model_construct(
            id=f"{one}#{n}", kind="own", document=one, title="", heading="", text=text, problems=()
        )
        for n, (one, text) in enumerate(contents.texts)
    )  # fmt: skip
    rows = ((contents.queries[one], grades) for one, grades in contents.judged.items() if one in contents.queries)
    return Task(name, passages, tuple((text, grades) for text, grades in rows if any(grades.values())))


def measure(
    task: Task, embedder: Embedder, folder: Path, progress: Progress, weights: Mapping[str, Weights] | None = None
) -> dict[str, Quality]:
    """Quality by system; vectors are kept under `folder`."""
    index = index_passages(task.passages, folder, embedder, progress)
    try:
        found: dict[str, Quality] = {"none": _quality(task, lambda query: [one.document for one in task.passages])}
        for name, one in (WEIGHTS if weights is None else weights).items():
            finder = Search([index], embedder, problems=task.problems, weights=one, keep=folder)
            found[name] = _quality(task, _by(finder))
        return found
    finally:
        index.close()


def _by(finder: Search) -> Callable[[str], list[str]]:
    return lambda query: [hit.passage.document for hit in finder.passages(query, limit=DEPTH)]


def _quality(task: Task, answer: Callable[[str], list[str]]) -> Quality:
    recalls, gains = [], []
    for query, grades in task.queries:
        found = distinct(answer(query))
        recalls.append(recall_at(RECALL_AT, found, grades))
        gains.append(ndcg_at(NDCG_AT, found, grades))
    return Quality(mean(recalls), mean(gains))
