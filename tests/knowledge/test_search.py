"""Hybrid search: the arithmetic of fusion, what counts as a word, filters, boosts and order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.index import Index
from knowledge.schema import Passage
from knowledge.search import CANDIDATES, PROBLEM_BOOST, Hit, Search, fuse
from knowledge.words import content_stems
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


def search(*passages: Passage, dense_share: float = 0.5) -> Search:
    compass = Compass()
    vectors = compass.embed([one.text for one in passages])
    return Search([Index(passages, vectors.reshape(-1, 2))], compass, dense_share=dense_share)


def found(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.document for hit in hits]


def test_fusion_stretches_both_scores_and_takes_their_mean() -> None:
    dense = np.array([0.9, 0.5, 0.1], dtype=np.float32)  # stretched: 1, .5, 0
    words = np.array([0.0, 8.0, 2.0], dtype=np.float32)  # stretched: 0, 1, .25
    assert fuse(dense, words) == pytest.approx([0.5, 0.75, 0.125], abs=1e-6)
    assert fuse(dense, words, dense_share=0.75) == pytest.approx([0.75, 0.625, 0.0625], abs=1e-6)


def test_scores_that_are_all_equal_decide_nothing() -> None:
    same = np.full(3, 0.7, dtype=np.float32)
    assert fuse(same, np.array([1, 2, 3], dtype=np.float32)) == pytest.approx([0, 0.25, 0.5])


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
    three = search(*(passage(f"note{i}", text) for i, text in enumerate(texts)), dense_share=0)
    lengths, counts = (5, 8, 5), (1, 3, 0)  # "note 0: Part" and the text
    expected = [tf / (tf + 1.5 * (1 - 0.75 + 0.75 * length / 6)) for length, tf in zip(lengths, counts, strict=True)]
    scores = {hit.passage.document: hit.score for hit in three.passages("skew")}
    assert scores["note0"] == pytest.approx(expected[0] / expected[1], abs=1e-4)
    assert (scores["note1"], scores["note2"]) == (1, 0)


def test_dense_share_runs_from_words_alone_to_vectors_alone() -> None:
    both = (passage("words", "south chargeback"), passage("meaning", "nearby"), passage("neither", "east"))
    assert found(search(*both, dense_share=0).passages("north chargeback", limit=1)) == ["words"]
    assert found(search(*both, dense_share=1).passages("north chargeback", limit=1)) == ["meaning"]


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
    both = Search(parts, compass)
    assert found(both.passages("north skew", limit=2)) == ["ours", "yours"]
    assert found(both.passages("north skew", kind="own", limit=1)) == ["yours"]
    assert found(both.passages("south chargeback", limit=1)) == ["other"]
    joined = search(*library, *own)
    assert both.passages("north skew", limit=4) == joined.passages("north skew", limit=4)


def test_no_passages_at_all_find_nothing() -> None:
    assert Search([], Compass()).passages("north") == []
