"""Wrong claims by cue and by meaning, and the exceptions that are argued, with doubles for the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.events import Assessed, MoveKind
from agent.judgement import Pair
from agent.misconceptions import STATED, by_meaning, excepted, misconception_index, misconceptions
from agent.reader import Reader
from knowledge.library import Library
from knowledge.schema import Problem
from tests.agent.doubles import bag_of_stems, by_shared_stems
from tests.agent.script import Script
from tests.factory import START, tiny_library

PROBLEM: Problem = tiny_library().problems["tiny"]
CLAIM = next((p, wrong) for p in PROBLEM.points for wrong in p.misconceptions)
NAME = f"{CLAIM[0].id}/0"


def strictly(pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """Judges like its namesake, but wants most of the statement's words."""
    return by_shared_stems(pairs) - 6


def found(text: str) -> dict[str, Any]:
    return {
        cell.point: cell
        for cell in by_meaning(text, misconception_index(PROBLEM, bag_of_stems), bag_of_stems, strictly)
    }


def test_a_claim_is_heard_in_words_that_are_near_it() -> None:
    said = f"The way I see this whole thing {CLAIM[1].claim}"
    cell = found(f"I would look at the shape first. {said}")[NAME]
    assert (cell.state, cell.quote) == ("shown", said)
    assert cell.probability >= STATED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes.",
        "I would look at the shape and the weight of each one first.",
        f"Is it so that {CLAIM[1].claim[:-1]}?",
    ],
)
def test_other_words_and_questions_make_no_claim(text: str) -> None:
    assert found(text) == {}


def test_who_may_show_the_point_does_not_claim_the_opposite() -> None:
    said = f"The way I see this whole thing {CLAIM[1].claim}"
    assert found(f"{said[:-1]}, and yet: {CLAIM[0].statement}") == {}


def test_a_problem_without_misconceptions_has_none_to_find() -> None:
    points = [point.model_copy(update={"misconceptions": ()}) for point in PROBLEM.points]
    stages = {
        stage: tuple(next(p for p in points if p.id == point.id) for point in PROBLEM.stages[stage])
        for stage in PROBLEM.stages
    }
    bare = PROBLEM.model_copy(update={"stages": stages})
    assert by_meaning(CLAIM[1].claim, misconception_index(bare, bag_of_stems), bag_of_stems, strictly) == ()


def test_what_was_read_counts_beside_the_cues_and_only_for_its_own_sentence() -> None:
    text = "The stones cost us nothing at all. We sort them by colour."
    cell = found(f"The way I see this whole thing {CLAIM[1].claim}")[NAME]
    here = cell.model_copy(update={"quote": "The stones cost us nothing at all."})
    assert misconceptions(PROBLEM, 3, text) == ()
    (claim,) = misconceptions(PROBLEM, 3, text, [here])
    assert (claim.point, claim.index, claim.quote, claim.turn) == (CLAIM[0].id, 0, here.quote, 3)
    assert misconceptions(PROBLEM, 3, "We sort them by colour.", [here]) == ()


def test_a_claim_found_by_meaning_is_challenged() -> None:
    text = "The stones cost us nothing at all."
    cell = found(f"The way I see this whole thing {CLAIM[1].claim}")[NAME].model_copy(update={"quote": text})
    script = Script().say(MoveKind.OPEN).answer(text)
    script.events.append(Assessed(when=START, turn=2, by="matcher", reader="r", cells=(), claimed=(cell,)))
    assert [claim.point for claim in script.view.claims] == [CLAIM[0].id]


def test_an_exception_is_argued_by_one_sentence_or_by_the_whole_reply() -> None:
    unless = "The river brings new ones every night for nothing."
    alone = excepted(unless, "No. The river brings new ones every night for nothing.", "Why?", by_shared_stems)
    split = excepted(unless, "The river brings new ones. Every night, for nothing.", "Why?", by_shared_stems)
    other = excepted(unless, "I still think that it is fine.", "Why?", by_shared_stems)
    assert (alone.state, split.state, other.state) == ("shown", "shown", "unsure")
    assert other.probability < 0.1
    assert alone.quote == "The river brings new ones every night for nothing."
    assert excepted(unless, "", "Why?", by_shared_stems).probability < 0.01


def test_the_shipped_reader_tells_a_claim_from_the_right_view(library: Library, reader: Reader) -> None:
    problem = library.problems["rag-support-assistant"]
    wrong = "Thumbs up and thumbs down of the customers tell us well enough whether the answers were good."
    right = "Thumbs of the customers say little about the answers, so agents read a sample of them every week."
    assert "search-apart-from-answer/0" in {cell.point for cell in reader.claims(problem, wrong)}
    assert reader.claims(problem, right) == ()
