"""Progress over all interviews, and the weekly review."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.drills import Attempt, Rating
from agent.progress import WEEK, Progress, Week, progress, review_due, week
from agent.scorecard import Scoring
from agent.weak import Outcome, Past
from knowledge.library import Library
from knowledge.schema import Dimension, Level
from tests.agent.records import NOW, ago, all_became, attempt, past

EXPECTED = 27
"""Points of the tiny problem up to senior level: three in each of nine stages."""


def over(held: list[Past]) -> Progress:
    return progress(held, due=0, new=0, review_due=False)


def reviewed(
    library: Library, scoring: Scoring, held: list[Past], attempts: list[Attempt] | None = None, now: datetime = NOW
) -> Week:
    return week(held, attempts or [], library, scoring.dimensions, None, now)


def graded(one: Past, **dimensions: float) -> Past:
    """The same interview with these dimensions; the others at 3."""
    values = {d: dimensions.get(d.name.lower(), 3.0) for d in Dimension}
    card = one.card.model_copy(update={"dimensions": values, "minutes": 30.0})
    return Past(one.id, one.when, one.origin, one.problem, one.level, card)


# --- over all interviews --------------------------------------------------------------------------------------------


def test_without_interviews_there_is_nothing_to_plot() -> None:
    empty = over([])
    assert (empty.rows, empty.dimensions, empty.recurring) == ((), {}, ())
    assert set(empty.outcomes.values()) == {0}


def test_an_interview_is_a_row(tiny: Library, scoring: Scoring) -> None:
    (row,) = over([past(tiny, scoring, {}, id_="abc")]).rows
    assert (row.interview, row.problem, row.level, row.date) == ("abc", "tiny", Level.SENIOR, ago(1))
    assert row.rewind_of is None


def test_dimensions_go_from_the_first_interview_to_the_last(tiny: Library, scoring: Scoring) -> None:
    held = [graded(past(tiny, scoring, {}, id_=str(d), days=d), data=4 - d) for d in (1, 3, 2)]
    trend = over(held).dimensions[Dimension.DATA]
    assert (trend.values, trend.first, trend.last, trend.mean) == ((1, 2, 3), 1, 3, 2)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.dictionaries(st.sampled_from(["data-amber", "serve-basalt", "wrap-dune"]), st.sampled_from(Outcome)))
)
def test_every_point_that_is_looked_for_is_counted_once(
    tiny: Library, scoring: Scoring, interviews: list[dict[str, Outcome]]
) -> None:
    held = [past(tiny, scoring, became, id_=str(n), days=n) for n, became in enumerate(interviews)]
    assert sum(over(held).outcomes.values()) == EXPECTED * len(held)


def test_shares_are_those_of_the_points_looked_for(tiny: Library, scoring: Scoring) -> None:
    became = all_became(tiny.problems["tiny"], Outcome.ASKED, data_amber=Outcome.HINTED, data_basalt=Outcome.UNPROMPTED)
    assert over([past(tiny, scoring, became)]).outcomes == {
        Outcome.UNPROMPTED: 1,
        Outcome.ASKED: EXPECTED - 2,
        Outcome.HINTED: 1,
        Outcome.NOT_ASSESSED: 0,
        Outcome.NOT_SHOWN: 0,
    }


def test_a_rewind_has_a_row_and_moves_nothing_else(tiny: Library, scoring: Scoring) -> None:
    first = graded(past(tiny, scoring, {}, id_="first", days=2), data=2)
    again = graded(past(tiny, scoring, {"data-amber": Outcome.UNPROMPTED}, id_="again", origin="first"), data=4)
    alone, both = over([first]), over([first, again])
    assert [(row.interview, row.rewind_of) for row in both.rows] == [("first", None), ("again", "first")]
    assert both.model_copy(update={"rows": ()}) == alone.model_copy(update={"rows": ()})
    assert reviewed(tiny, scoring, [first, again]) == reviewed(tiny, scoring, [first])


# --- the weekly review ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "last", "before"), [(0, 1, 0), (6.9, 1, 0), (7, 0, 1), (13.9, 0, 1), (14, 0, 0), (-1, 0, 0)]
)
def test_a_week_is_the_last_seven_days(tiny: Library, scoring: Scoring, days: float, last: int, before: int) -> None:
    review = reviewed(tiny, scoring, [past(tiny, scoring, {}, days=days)], [attempt("d", when=ago(days))])
    assert (review.last.interviews, review.before.interviews) == (last, before)
    assert (review.last.drills, review.before.drills) == (last, before)


def test_the_review_counts_minutes_drills_and_what_came_unprompted(tiny: Library, scoring: Scoring) -> None:
    became = {"data-amber": Outcome.UNPROMPTED, "serve-amber": Outcome.UNPROMPTED, "wrap-amber": Outcome.ASKED}
    held = [graded(past(tiny, scoring, became, id_=str(n))) for n in range(2)]
    ratings = [Rating.AGAIN, Rating.EASY, Rating.EASY, None]
    last = reviewed(tiny, scoring, held, [attempt("d", rating) for rating in ratings]).last
    assert (last.interviews, last.minutes, last.drills) == (2, 60, 4)
    assert last.ratings == {Rating.AGAIN: 1, Rating.HARD: 0, Rating.GOOD: 0, Rating.EASY: 2}
    assert last.unprompted == pytest.approx(2 / EXPECTED, abs=0.001)


def test_dimensions_change_where_both_weeks_had_interviews(tiny: Library, scoring: Scoring) -> None:
    before = [graded(past(tiny, scoring, {}, id_=str(n), days=8), data=1 + n) for n in range(2)]
    now = graded(past(tiny, scoring, {}, id_="now"), data=2)
    assert reviewed(tiny, scoring, [now]).changes == {}
    assert reviewed(tiny, scoring, [*before, now]).changes[Dimension.DATA] == 0.5


def test_the_one_thing_is_the_largest_weighted_gap(tiny: Library, scoring: Scoring) -> None:
    held = [graded(past(tiny, scoring, {}), drive=1.5, data=2.5)]  # 8 x 2.5 = 20 against 17 x 1.5 = 25.5
    focus = reviewed(tiny, scoring, held).focus
    assert focus is not None
    assert (focus.dimension, focus.mean, focus.gap) == (Dimension.DATA, 2.5, 25.5)


def test_the_one_thing_comes_with_a_note_under_weak_points_of_that_dimension(
    library: Library, scoring: Scoring
) -> None:
    interview = graded(past(library, scoring, {}, problem="spam-detection"), evaluation=1)
    focus = reviewed(library, scoring, [interview]).focus
    assert focus is not None
    assert focus.reading in library.notes
    assert focus.command == f"hotseat drill {focus.reading}"
    cited = {source for point in interview.problem.stages["evaluate"] for source in point.sources}  # type: ignore[index]
    assert focus.reading in cited


def test_after_a_week_off_the_last_interview_says_what_to_work_on(tiny: Library, scoring: Scoring) -> None:
    held = [
        graded(past(tiny, scoring, {}, id_="old", days=40), data=1),
        graded(past(tiny, scoring, {}, days=20), modelling=1),
    ]
    focus = reviewed(tiny, scoring, held).focus
    assert focus is not None
    assert focus.dimension is Dimension.MODELLING
    assert reviewed(tiny, scoring, []).focus is None


@pytest.mark.parametrize(
    ("read", "due"), [(None, True), (NOW, False), (NOW - WEEK + timedelta(minutes=1), False), (NOW - WEEK, True)]
)
def test_a_review_is_due_after_seven_days_without(
    tiny: Library, scoring: Scoring, read: datetime | None, due: bool
) -> None:
    assert review_due([past(tiny, scoring, {})], [], read, NOW) is due
    assert review_due([], [attempt("d")], read, NOW) is due
    assert review_due([], [], read, NOW) is False
