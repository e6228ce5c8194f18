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
from knowledge.embedding import Embedder
from knowledge.index import Progress, index_passages
from knowledge.schema import Passage
from knowledge.search import DENSE_SHARE, Search

SHARES = {"BM25": 0.0, "dense": 1.0, "hybrid": DENSE_SHARE}
SYSTEMS = ("none", *SHARES)
PASSAGES, DOCUMENTS = 5, 10
"""What is looked at: recall in the first five passages (what an interviewer is given), nDCG over ten documents."""
DEPTH = 50
"""Passages fetched, so that ten different documents are among them."""


@dataclass(frozen=True)
class Task:
    """A collection with judged queries. Passages of one document count as that document."""

    name: str
    passages: tuple[Passage, ...]
    queries: tuple[tuple[str, Grades], ...]


@dataclass(frozen=True)
class Quality:
    """Means over a task's queries."""

    recall: float
    ndcg: float


def golden_task(name: str, passages: tuple[Passage, ...], queries: Sequence[Golden]) -> Task:
    return Task(name, passages, tuple((one.query, dict.fromkeys(one.relevant, 1)) for one in queries))


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
    task: Task, embedder: Embedder, folder: Path, progress: Progress, shares: Mapping[str, float] | None = None
) -> dict[str, Quality]:
    """Quality by system; vectors are kept under `folder`."""
    index = index_passages(task.passages, folder, embedder, progress)
    try:
        found: dict[str, Quality] = {"none": _quality(task, lambda query: [one.document for one in task.passages])}
        for name, share in (SHARES if shares is None else shares).items():
            search = Search([index], embedder, dense_share=share, keep=folder)
            found[name] = _quality(task, _by(search))
        return found
    finally:
        index.close()


def _by(search: Search) -> Callable[[str], list[str]]:
    return lambda query: [hit.passage.document for hit in search.passages(query, limit=DEPTH)]


def _quality(task: Task, answer: Callable[[str], list[str]]) -> Quality:
    recalls, gains = [], []
    for query, grades in task.queries:
        found = answer(query)
        recalls.append(recall_at(PASSAGES, found[:PASSAGES], grades))
        gains.append(ndcg_at(DOCUMENTS, distinct(found), grades))
    return Quality(mean(recalls), mean(gains))
