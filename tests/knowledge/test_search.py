"""Hybrid search: the arithmetic of fusion, what counts as a word, filters, boosts and order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.index import Index
from knowledge.library import Library
from knowledge.schema import Kind, Passage, Problem, StageId
from knowledge.search import CANDIDATES, PROBLEM_BOOST, Hit, Search, Weights, fuse
from knowledge.votes import Electorate, Votes
from knowledge.words import content_stems, count_words
from tests.knowledge.doubles import passage

Floats = NDArray[np.float32]


DEGREES = {"north": 0, "nearby": 10, "east": 90, "south": 180}


class Compass:
    """Embeds a text by the first of its words that has a direction; north when none has."""

    name = "compass"
    dimension = 2

    def embed(self, texts: Sequence[str]) -> Floats:
        angles = [next((DEGREES[word] for word in text.split() if word in DEGREES), 0) for text in texts]
        return np.array([[np.cos(a), np.sin(a)] for a in np.radians(angles)], dtype=np.float32)


HALF = Weights(0.5, 0.5, 0, 0)


def search(*passages: Passage, weights: Weights = HALF, problems: Sequence[Problem] = ()) -> Search:
    compass = Compass()
    vectors = compass.embed([one.text for one in passages])
    return Search([Index(passages, vectors.reshape(-1, 2))], compass, weights=weights, problems=problems)


def found(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.document for hit in hits]


def row(*scores: float) -> Floats:
    return np.array(scores, dtype=np.float32)


def test_fusion_stretches_every_score_and_adds_them_by_weight() -> None:
    meaning, words = row(0.9, 0.5, 0.1), row(0.0, 8.0, 2.0)  # stretched: 1, .5, 0 and 0, 1, .25
    document, votes = row(3, 1, 1), row(0, 0, 7)  # stretched: 1, 0, 0 and 0, 0, 1
    fused = fuse((meaning, words, document, votes), Weights(0.4, 0.3, 0.2, 0.1))
    assert fused == pytest.approx([0.6, 0.5, 0.175], abs=1e-6)


def test_scores_that_are_all_equal_decide_nothing() -> None:
    same = row(0.7, 0.7, 0.7)
    assert fuse((same, row(1, 2, 3), same, same), HALF) == pytest.approx([0, 0.25, 0.5])


def test_question_words_and_endings_do_not_count() -> None:
    assert content_stems("What would you do about the calibration of scores?") == content_stems("calibrate score")


def test_either_parent_alone_can_bring_a_passage_in() -> None:
    crowd = [passage(f"crowd{i}", "east of here") for i in range(2 * CANDIDATES)]
    hits = search(*crowd, passage("words", "south chargeback"), passage("meaning", "nearby")).passages(
        "north chargeback", limit=2
    )
    assert sorted(found(hits)) == ["meaning", "words"]


def test_words_are_weighed_as_by_bm25() -> None:
    """k1 and b swapped or forgotten; title or heading left out of the length."""
    texts = ("skew drift", "skew skew skew drift east", "drift south")
    three = search(*(passage(f"note{i}", text) for i, text in enumerate(texts)), weights=Weights(0, 1, 0, 0))
    lengths, counts = (5, 8, 5), (1, 3, 0)  # "note 0: Part" and the text
    expected = [tf / (tf + 1.5 * (1 - 0.75 + 0.75 * length / 6)) for length, tf in zip(lengths, counts, strict=True)]
    scores = {hit.passage.document: hit.score for hit in three.passages("skew")}
    assert scores["note0"] == pytest.approx(expected[0] / expected[1], abs=1e-4)
    assert (scores["note1"], scores["note2"]) == (1, 0)


def test_weights_run_from_words_alone_to_vectors_alone() -> None:
    both = (passage("words", "south chargeback"), passage("meaning", "nearby"), passage("neither", "east"))
    assert found(search(*both, weights=Weights(0, 1, 0, 0)).passages("north chargeback", limit=1)) == ["words"]
    assert found(search(*both, weights=Weights(1, 0, 0, 0)).passages("north chargeback", limit=1)) == ["meaning"]


def test_targets_of_links_are_not_words() -> None:
    both = (passage("link", "east [Uber, 2017](../cases/michelangelo.md)"), passage("text", "east michelangelo"))
    assert found(search(*both).passages("michelangelo", limit=1)) == ["text"]


def test_a_kind_is_found_behind_any_number_of_the_other() -> None:
    crowd = [passage(f"note{i}", "north skew") for i in range(3 * CANDIDATES)]
    hits = search(*crowd, passage("post", "east shift", kind="case")).passages("north skew", kind="case")
    assert found(hits) == ["post"]


def test_a_problem_decides_between_near_equals_and_hides_nothing() -> None:
    four = search(
        passage("plain", "north skew"),
        passage("served", "nearby skew", problems=("fraud",)),
        passage("stranger", "nearby shift", problems=("fraud",)),
        passage("last", "south shift"),
    )
    assert found(four.passages("skew", limit=4)) == ["plain", "served", "stranger", "last"]
    boosted = four.passages("skew", problem="fraud", limit=4)
    assert found(boosted) == ["served", "plain", "stranger", "last"]
    plain = {hit.passage.document: hit.score for hit in four.passages("skew", limit=4)}
    gained = {hit.passage.document: hit.score - plain[hit.passage.document] for hit in boosted}
    assert gained == pytest.approx({"plain": 0, "served": PROBLEM_BOOST, "stranger": PROBLEM_BOOST, "last": 0})


def test_equals_stay_in_the_order_of_the_library() -> None:
    same = search(*(passage(name, "north skew") for name in ("zeta", "alpha", "mu")))
    first = same.passages("north skew")
    assert found(first) == ["zeta", "alpha", "mu"]
    assert same.passages("north skew") == first


@pytest.mark.parametrize("query", ["", "  \n"])
def test_a_blank_query_finds_nothing(query: str) -> None:
    assert search(passage("a", "north")).passages(query) == []


def test_a_query_without_content_words_still_goes_by_meaning() -> None:
    both = search(passage("far", "south"), passage("near", "north"))
    assert found(both.passages("what is this?", limit=1)) == ["near"]


def test_an_empty_index_and_an_unknown_word_are_no_errors() -> None:
    assert search().passages("skew") == []
    assert found(search(passage("a", "of the")).passages("zzz")) == ["a"]
    assert search(passage("a", "north")).passages("north", kind="case") == []


def test_several_indexes_are_searched_as_one() -> None:
    compass = Compass()
    library = (passage("ours", "north skew"), passage("far", "south drift"))
    own = (passage("yours", "nearby skew", kind="own"), passage("other", "south chargeback", kind="own"))
    parts = [Index(part, compass.embed([one.text for one in part])) for part in (library, own)]
    both = Search(parts, compass, weights=HALF)
    assert found(both.passages("north skew", limit=2)) == ["ours", "yours"]
    assert found(both.passages("north skew", kind="own", limit=1)) == ["yours"]
    assert found(both.passages("south chargeback", limit=1)) == ["other"]
    joined = search(*library, *own)
    assert both.passages("north skew", limit=4) == joined.passages("north skew", limit=4)


def test_no_passages_at_all_find_nothing() -> None:
    assert Search([], Compass()).passages("north") == []


# --- whole documents and points --------------------------------------------------------------------------------------


def part(document: str, n: int, text: str, kind: Kind = "concept") -> Passage:
    return passage(document, text, kind=kind).model_copy(update={"id": f"{document}#{n}"})


def test_a_note_is_found_once_and_a_users_file_on_every_page() -> None:
    notes = [part("note", n, "north skew") for n in range(3)]
    pages = [part("book", n, "north skew", kind="own") for n in range(3)]
    hits = search(*notes, *pages).passages("north skew", limit=6)
    assert [hit.passage.id for hit in hits] == ["note#0", "book#0", "book#1", "book#2"]


def test_words_that_are_spread_over_a_note_bring_it_in() -> None:
    """No passage holds both words; one document does."""
    crowd = [passage(f"crowd{i}", "east skew") for i in range(CANDIDATES)]
    spread = [part("spread", 0, "south chargeback"), part("spread", 1, "south skew")]
    by_document = search(*crowd, *spread, weights=Weights(0, 0, 1, 0))
    assert found(by_document.passages("skew chargeback", limit=1)) == ["spread"]


def asking(problem: Problem, source: str, statement: str) -> Problem:
    """The problem with a first point that says `statement` and rests on `source`."""
    first, *rest = problem.stages[StageId.CLARIFY]
    changed = first.model_copy(update={"statement": statement, "sources": (source,)})
    return problem.model_copy(update={"stages": {**problem.stages, StageId.CLARIFY: (changed, *rest)}})


def test_a_point_near_the_query_votes_for_what_it_rests_on(tiny: Library) -> None:
    passages = (passage("first", "east drift"), passage("second", "east drift"), passage("third", "east drift"))
    problem = asking(tiny.problems["tiny"], "second", "Refunds wombats on Tuesdays.")
    with_votes = search(*passages, problems=[problem], weights=Weights(0.25, 0.25, 0.25, 0.25))
    assert found(with_votes.passages("who refunds the wombats", limit=3)) == ["second", "first", "third"]
    without = search(*passages, weights=Weights(0.25, 0.25, 0.25, 0.25))
    assert found(without.passages("who refunds the wombats", limit=3)) == ["first", "second", "third"]


def test_votes_for_what_many_points_cite_count_less() -> None:
    voters = Electorate(("a", "b", "c"), ("a", "b", "c"), (("rare", "common"), ("common",), ("common", "unknown")))
    vectors = np.eye(3, dtype=np.float32)
    votes = Votes(voters, vectors, count_words(["alpha", "beta", "gamma"]), ["rare", "common", "never"])
    rare, common, never = votes.scores("alpha", vectors[0])
    assert rare > common > 0 == never
    assert rare == pytest.approx(common * np.sqrt(3), rel=1e-5)


def test_a_search_keeps_what_it_counted(tmp_path: Path, tiny: Library) -> None:
    compass = Compass()
    passages = (passage("one", "north skew"), passage("two", "south drift"))
    index = Index(passages, compass.embed([one.text for one in passages]), fingerprint="f")

    def made() -> list[Hit]:
        finder = Search([index], compass, problems=[tiny.problems["tiny"]], keep=tmp_path)
        return finder.passages("south drift", limit=2)

    first = made()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert len([path for path in before if path.name.startswith("words-")]) == 1
    assert made() == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
