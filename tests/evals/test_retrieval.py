"""The retrieval bench: its arithmetic, its data, and what it must find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.retrieval import bench, quality, speed
from evals.retrieval.collections import Contents
from evals.retrieval.golden import Golden, read_golden, unknown_ids
from evals.retrieval.metrics import distinct, mean, ndcg_at, percentile, recall_at
from evals.retrieval.quality import RECALL_AT, SYSTEMS, Task, public_task
from knowledge.embedding import MiniLM
from knowledge.index import ensure_index
from knowledge.library import Library
from knowledge.search import Search
from tests.knowledge.doubles import CountingEmbedder, numbered, passage
from ui.assembly import index_folder


def silent(done: int, total: int) -> None:
    pass


# --- arithmetic ------------------------------------------------------------------------------------------------------


def test_recall_counts_relevant_finds_and_is_fair_to_many_relevant() -> None:
    assert recall_at(2, ["a", "x", "b"], {"a": 2, "b": 2, "c": 0}) == 0.5
    assert recall_at(2, ["a", "b"], {"a": 1, "b": 1, "c": 1}) == 1
    assert recall_at(2, [], {"a": 1}) == 0
    assert recall_at(1, ["partly"], {"partly": 1, "wholly": 2}) == 0


def test_ndcg_is_that_of_the_paper() -> None:
    """Grades 3, 2, 3, 0, 1, 2 in the order found: DCG@6 = 6.861, ideal 7.141."""
    found = ["d1", "d2", "d3", "d4", "d5", "d6"]
    grades = dict(zip(found, (3, 2, 3, 0, 1, 2), strict=True))
    assert ndcg_at(6, found, grades) == pytest.approx(6.861126 / 7.140995, abs=1e-6)
    assert ndcg_at(10, ["d1"], {"d1": 1}) == 1
    assert ndcg_at(10, ["x", "d1"], {"d1": 1}) == pytest.approx(0.63093, abs=1e-5)


def test_small_helpers() -> None:
    assert distinct(["b", "a", "b"]) == ["b", "a"]
    assert (mean([]), mean([1, 2])) == (0, 1.5)
    assert [percentile([5, 1, 3, 2, 4], share) for share in (0.5, 0.95, 0.0)] == [3, 5, 1]


# --- our golden queries ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def halves() -> dict[str, tuple[Golden, ...]]:
    return {"tuning": read_golden("tuning"), "test": read_golden("test")}


def test_there_are_enough_golden_queries_in_both_voices_and_none_twice(halves: dict[str, tuple[Golden, ...]]) -> None:
    assert all(len(half) >= 80 for half in halves.values())
    texts = [one.query.lower() for half in halves.values() for one in half]
    assert len(set(texts)) == len(texts)
    for half in halves.values():
        share = mean([one.voice == "candidate" for one in half])
        assert 0.35 < share < 0.65


def test_golden_queries_know_the_library_and_spread_over_it(
    halves: dict[str, tuple[Golden, ...]], library: Library
) -> None:
    for half in halves.values():
        assert unknown_ids(half, library) == []
        assert len({one for query in half for one in query.relevant} & library.notes.keys()) >= 20
        assert len({one for query in half for one in query.relevant} & library.cases.keys()) >= 20


def test_what_is_looked_for_is_among_the_first_five(
    halves: dict[str, tuple[Golden, ...]], library: Library, embedder: MiniLM, warm_home: Path
) -> None:
    index = ensure_index(library, index_folder(warm_home), embedder)
    search = Search([index], embedder, problems=tuple(library.problems.values()))
    recalls = [
        recall_at(
            RECALL_AT, [hit.passage.document for hit in search.passages(one.query, limit=RECALL_AT)], one.relevant
        )
        for one in halves["test"]
    ]
    index.close()
    assert mean(recalls) >= 0.9


# --- the bench itself ------------------------------------------------------------------------------------------------


def test_quality_compares_all_systems_on_one_task(tmp_path: Path) -> None:
    passages = (passage("drift", "data drift"), passage("skew", "training serving skew"), passage("cold", "cold start"))
    queries = [
        ("serving skew in training", {"skew": 2}),
        ("cold start of new users", {"cold": 2, "drift": 1}),
    ]
    found = quality.measure(Task("t", passages, tuple(queries)), CountingEmbedder(), tmp_path, silent)
    assert tuple(found) == SYSTEMS
    assert found["BM25"].recall == 1
    assert found["BM25"].ndcg > found["none"].ndcg > 0


def test_a_public_task_leaves_out_queries_without_a_relevant_text() -> None:
    judged = {"q1": {"d": 1}, "q2": {"d": 0}, "q3": {"d": 1}}
    task = public_task("p", Contents((("d", "text"), ("d", "more")), {"q1": "one", "q2": "two"}, judged))
    assert [one.document for one in task.passages] == ["d", "d"]
    assert task.queries == (("one", {"d": 1}),)


def test_speed_measures_a_built_and_a_started_index(tmp_path: Path) -> None:
    measured = speed.measure(numbered(80), (), CountingEmbedder(), ["text number 3", "other"], tmp_path, silent)
    assert measured.passages == 80
    assert measured.build_s > measured.start_s > 0
    assert 0 < measured.p50_ms <= measured.p95_ms
    assert measured.recall == 1


def test_made_up_passages_are_the_same_every_time_and_near_their_sentences() -> None:
    library = (passage("a", "A sentence of some five words. Another one of several more words."),)
    first, known = speed.made_up(library, CountingEmbedder(), 50, silent)
    again, _ = speed.made_up(library, CountingEmbedder(), 50, silent)
    assert first == again
    vector = known.embed([speed.text_of(first[0])])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert known.embed(["a query that nobody made up"]).shape == (1, 16)


def test_the_tables_name_every_system_and_what_was_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    one = quality.Quality(recall=0.91, ndcg=0.8)
    row = speed.Speed(passages=900, build_s=9, start_s=0.1, open_s=0.5, p50_ms=3, p95_ms=5, recall=1)
    rows = dict.fromkeys(SYSTEMS, one)
    made = bench.Bench("2026-11-20", "here", {bench.OURS: rows}, {bench.OURS: 90}, rows, (row,), ("x: offline",))
    text = bench.tables(made)
    assert "| none | BM25 | dense | hybrid" in text
    assert text.count("0.800 / 0.910") == 8
    assert "900 | 9.0 | 0.10" in text
    assert "not run: x: offline" in text
