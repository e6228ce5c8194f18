"""Three scripted candidates per problem, played without a model: the better one scores higher, by a margin."""

from __future__ import annotations

import pytest

from agent.events import MoveKind
from tests.played import GAP, MIDDLE_GAP, Play, middle

PROBLEMS = ("video-recommendation", "payment-fraud-detection", "rag-support-assistant")
LATER = ("search-ranking", "ml-platform", "eta-prediction", "street-view-blurring")
"""Written by people who had not seen the content, when the reader was finished."""
KINDS = ("strong", "middling", "weak")
SECONDS = 10.0
"""Of processor time: the same on a busy machine."""

ALL = pytest.mark.parametrize(("problem", "kind"), [(problem, kind) for problem in PROBLEMS for kind in KINDS])


@pytest.mark.parametrize("problem", [*PROBLEMS, *LATER])
def test_the_better_candidate_scores_higher_by_a_margin(problem: str, played: Play) -> None:
    strong, middling, weak = (played(problem, kind).card for kind in KINDS)
    found = f"{strong.likely} {middling.likely} {weak.likely}"
    assert strong.overall >= middling.overall + GAP, found
    assert strong.likely.low > middling.likely.high, found
    assert middle(middling) >= middle(weak) + MIDDLE_GAP, found


@ALL
def test_the_interview_is_closed_in_its_time(problem: str, kind: str, played: Play) -> None:
    one = played(problem, kind)
    assert one.view.ended
    assert [move.kind for move in one.view.moves[-2:]] == [MoveKind.CLOSE, MoveKind.DEBRIEF]
    assert one.card.minutes <= 45
    assert one.seconds < SECONDS
    assert one.view.degraded == ()


@ALL
def test_every_mark_quotes_what_was_said_in_its_turn(problem: str, kind: str, played: Play) -> None:
    one = played(problem, kind)
    for mark in one.card.marks:
        turn = one.view.turns[mark.turn - 1]
        assert turn.who == "candidate"
        assert len(mark.quote.split()) >= 3
        assert mark.source == "words"
        assert mark.quote in turn.text


@pytest.mark.parametrize("problem", PROBLEMS)
def test_no_question_is_asked_twice(problem: str, played: Play) -> None:
    asked = [move.point for move in played(problem, "weak").view.moves if move.kind is MoveKind.PROBE]
    assert len(asked) == len(set(asked)) > 3
