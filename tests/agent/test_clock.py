"""Minutes: what an answer costs, what of it is heard, how a schedule scales."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import HEARD_WORDS, INTERVIEWER_TURN_MINUTES, Schedule, answer_minutes, heard, turn_minutes
from agent.events import ClockKind
from knowledge.library import Library
from knowledge.schema import StageId
from tests.factory import START

WORDS = st.lists(st.text(st.characters(codec="utf-8"), max_size=6), max_size=40).map("\n ".join)


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(0, 3))
def test_what_is_heard_is_a_prefix_of_at_most_so_many_words(text: str, more: int) -> None:
    long = text + " word" * (HEARD_WORDS * more // 2)
    kept = heard(long)
    assert long.startswith(kept)
    assert len(kept.split()) == min(len(long.split()), HEARD_WORDS)


def test_an_answer_that_fits_is_heard_to_its_last_blank() -> None:
    assert heard(" short \n") == " short \n"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("", 0), ("  \n ", 0), ("word " * 140, 1), ("word " * 70, 0.5), ("word " * 10 * HEARD_WORDS, HEARD_WORDS / 140)],
)
def test_an_answer_costs_what_it_would_take_to_say_it(text: str, minutes: float) -> None:
    assert answer_minutes(text) == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("kind", "candidate", "minutes"),
    [
        (ClockKind.SPEECH, True, 2.0),
        (ClockKind.SPEECH, False, INTERVIEWER_TURN_MINUTES),
        (ClockKind.WALL, True, 1.5),
        (ClockKind.WALL, False, 1.5),
        (ClockKind.UNTIMED, True, 0.0),
        (ClockKind.UNTIMED, False, 0.0),
    ],
)
def test_each_clock_charges_in_its_own_way(kind: ClockKind, candidate: bool, minutes: float) -> None:
    until = START + timedelta(seconds=90)
    cost = turn_minutes(kind, candidate=candidate, text="word " * 280, since=START, until=until)
    assert cost == pytest.approx(minutes)


def test_a_wall_clock_that_was_set_back_gives_no_time() -> None:
    until = START - timedelta(hours=1)
    assert turn_minutes(ClockKind.WALL, candidate=True, text="", since=START, until=until) == 0


@pytest.mark.parametrize("minutes", [10, 45, 60])
def test_a_schedule_scales_with_the_length(tiny: Library, minutes: float) -> None:
    schedule = Schedule(tiny.stages, minutes)
    for stage in StageId:
        written = tiny.stages[stage]
        assert schedule.planned(stage) == pytest.approx(written.minutes * minutes / 45)
        assert schedule.soft(stage) == pytest.approx(written.soft * minutes / 45)
        assert schedule.hard(stage) == pytest.approx(written.hard * minutes / 45)


def test_the_framework_fills_its_45_minutes_in_order(tiny: Library) -> None:
    schedule = Schedule(tiny.stages, 45)
    limits = [limit for stage in StageId for limit in (schedule.soft(stage), schedule.hard(stage))]
    assert limits == sorted(limits), "a stage may last longer than the one after it"
    assert schedule.hard(StageId.WRAP) == 45
    assert sum(schedule.planned(stage) for stage in StageId) == 45 - 1, "the opening takes the other minute"
