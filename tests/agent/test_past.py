"""Interviews that are over, read back from the store and graded anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agent.events import Request, Setup, Started
from agent.interviewer import Interviewer
from agent.past import past_interviews
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from tests.factory import Talk, shown


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def interviewer(store: Store, tiny: Library, scoring: Scoring) -> Interviewer:
    return Interviewer(library=tiny, scoring=scoring, store=store, reader=None)


def keep(store: Store, tiny: Library, *, over: bool = True, owner: str = "local") -> str:
    """Stores an interview in which one point was shown; its id."""
    talk = Talk(tiny, Setup(problem="tiny", owner=owner))
    talk.answer("The amber clarify matters.", shown("clarify-amber"))
    while over and not talk.view.ended:
        talk.press(Request.FINISH)
    first, *rest = talk.events
    assert isinstance(first, Started)
    interview = store.create(first)
    store.append(interview, 0, rest)
    return interview


def test_what_is_over_is_graded_as_its_scorecard_says(store: Store, interviewer: Interviewer, tiny: Library) -> None:
    interview = keep(store, tiny)
    keep(store, tiny, over=False)
    keep(store, tiny, owner="ada")
    (one,), lines = past_interviews(interviewer, "local")
    assert (one.id, one.origin, lines) == (interview, interview, [])
    assert one.card == interviewer.scorecard(interview)
    assert [mark.point for mark in one.card.marks] == ["clarify-amber"]


def test_a_damaged_interview_and_one_of_a_problem_that_is_gone_hide_no_other(
    store: Store, interviewer: Interviewer, tiny: Library
) -> None:
    broken, gone, well = (keep(store, tiny) for _ in range(3))
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE event SET body = '{' WHERE interview = ? AND seq = 3", (broken,))
        change = "UPDATE event SET body = replace(body, '\"tiny\"', '\"lost\"') WHERE interview = ?"
        connection.execute(change, (gone,))
    past, lines = past_interviews(interviewer, "local")
    assert [one.id for one in past] == [well]
    assert sorted(broken in line for line in lines) == [False, True]
    assert [line for line in lines if gone in line and "no problem 'lost'" in line]


def test_a_rewind_of_a_rewind_goes_back_to_the_first_also_over_one_still_open(
    store: Store, interviewer: Interviewer, tiny: Library
) -> None:
    first = keep(store, tiny)
    middle = answered(store, tiny, interviewer.rewind(first, 2), over=False)
    last = answered(store, tiny, interviewer.rewind(middle, 2))
    past, _ = past_interviews(interviewer, "local")
    assert {one.id: one.origin for one in past} == {first: first, last: first}


def answered(store: Store, tiny: Library, interview: str, *, over: bool = True) -> str:
    """Answers an open rewind, and finishes it."""
    talk = Talk(tiny)
    talk.events = store.events(interview)
    known = len(talk.events)
    talk.answer("The amber clarify matters.", shown("clarify-amber"))
    while over and not talk.view.ended:
        talk.press(Request.FINISH)
    store.append(interview, known - 1, talk.events[known:])
    return interview
