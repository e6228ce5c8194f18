"""Rewinds: what they share is what was there, no time passes before they begin, and the difference adds up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.comparison import compared
from agent.content import load_scoring
from agent.errors import NotFound
from agent.events import (
    EVENT,
    Answered,
    Assessed,
    ClockKind,
    Degraded,
    Depth,
    Event,
    MoveKind,
    Parent,
    Request,
    Said,
    Setup,
    Started,
)
from agent.interviewer import Interviewer
from agent.reader import Reader
from agent.rewind import Change, difference, forked
from agent.scorecard import Scorecard, Scoring
from agent.scoring import score
from agent.store import Store
from agent.transcript import fold
from agent.view import View
from knowledge.library import Library
from knowledge.schema import Dimension
from tests.agent.desk import ANSWER, SETUP, said
from tests.factory import START, Talk, shown, tiny_library

LIBRARY = tiny_library()
PROBLEM = LIBRARY.problems["tiny"]
SCORING = load_scoring()
HOURS = timedelta(hours=3)

# --- any transcript --------------------------------------------------------------------------------------------------

POINTS = st.sampled_from([point.id for point in PROBLEM.points])
CELLS = st.lists(
    st.builds(
        shown, POINTS, depth=st.sampled_from(list(Depth)), state=st.sampled_from(["shown", "unsure", "not-shown"])
    ),
    max_size=3,
    unique_by=lambda cell: cell.point,
)
WORDS = st.sampled_from(
    [
        "We measure it.",
        "How many widget3 are there?",
        "I would use gadget1.",
        "",
        "The amber data is free.",
        "word " * 90,
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), WORDS, CELLS),
        st.tuples(st.just("press"), st.sampled_from([Request.HINT, Request.REPEAT, Request.NEXT]), st.none()),
        st.tuples(st.just("late"), st.integers(0, 9), CELLS),
    ),
    min_size=2,
    max_size=12,
)
CLOCKS = st.sampled_from(list(ClockKind))


def played(steps: Sequence[tuple[str, Any, Any]], clock: ClockKind) -> Talk:
    """An interview in which readings also come late, and fail."""
    talk = Talk(LIBRARY, Setup(problem="tiny", clock=clock))
    talk.answer("We begin.")
    for what, words, cells in steps:
        if talk.view.ended:
            break
        if what == "answer":
            talk.answer(words, *cells)
        elif what == "press":
            talk.press(words)
        else:
            turn = answers(talk.events)[words % len(answers(talk.events))]
            late = Assessed(when=talk.tick(), turn=turn, by="model", reader="m", cells=tuple(cells))
            failed = Degraded(when=talk.tick(), turn=turn, what="assessment", why="refused")
            talk.events += [late, failed]
    return talk


def answers(events: Sequence[Event]) -> list[int]:
    return [event.turn for event in events if isinstance(event, Answered)]


def rewound(events: Sequence[Event], turn: int, when: datetime = START + HOURS) -> list[Event]:
    started, shared = forked(events, turn, interview="first", when=when)
    return [started, *shared]


def viewed(events: Sequence[Event]) -> View:
    """The view, without the mark of a rewind."""
    return replace(fold(events, PROBLEM), parent=None)


@settings(max_examples=60, deadline=None)
@given(STEPS, CLOCKS, st.data())
def test_a_rewind_stands_where_the_interview_stood_before_the_answer(
    steps: list[Any], clock: ClockKind, data: st.DataObject
) -> None:
    events = played(steps, clock).events
    turn = data.draw(st.sampled_from(answers(events)))
    at = next(i for i, event in enumerate(events) if isinstance(event, Answered) and event.turn == turn)
    late = [event for event in events[at:] if isinstance(event, Assessed | Degraded) and event.turn < turn]
    fork = rewound(events, turn)
    assert viewed(fork) == viewed([*events[:at], *late])
    view = fold(fork, PROBLEM)
    assert (view.awaits_interviewer, view.ended, len(view.turns)) == (False, False, turn - 1)
    assert view.parent == Parent(interview="first", turn=turn, when=START + HOURS)


@settings(max_examples=60, deadline=None)
@given(STEPS, CLOCKS, st.data())
def test_whoever_says_the_same_again_ends_up_in_the_same_place_hours_later(
    steps: list[Any], clock: ClockKind, data: st.DataObject
) -> None:
    """Also on a clock on the wall, and in a rewind of a rewind."""
    events = original = played(steps, clock).events
    for again in range(data.draw(st.integers(1, 3))):
        turn = data.draw(st.sampled_from(answers(original)))
        when = START + (again + 1) * HOURS
        events = [*rewound(events, turn, when), *tail(original, turn, when)]
        assert replace(viewed(events), degraded=()) == replace(viewed(original), degraded=())


def tail(events: list[Event], turn: int, when: datetime) -> list[Event]:
    """Everything from the answer of `turn` on, said and read again at the same pace from `when` on."""
    at = next(i for i, event in enumerate(events) if isinstance(event, Answered) and event.turn == turn)
    pause = when - max(event.when for event in events[:at] if isinstance(event, Said))
    after = (e for e in events[at:] if not (isinstance(e, Assessed | Degraded) and e.turn < turn))
    return [event.model_copy(update={"when": event.when + pause}) for event in after]


def test_a_wall_clock_does_not_count_the_time_before_the_rewind() -> None:
    talk = Talk(LIBRARY, Setup(problem="tiny", clock=ClockKind.WALL))
    talk.answer("One.")
    before = talk.view.elapsed
    talk.answer("Two.")
    for again in (1, 2):
        talk.events = rewound(talk.events, 4, START + again * HOURS)
        assert talk.view.elapsed == before
        talk.now = START + again * HOURS + timedelta(minutes=2)
        talk.answer("Two, better.")
        assert talk.view.elapsed == pytest.approx(before + 2, abs=0.1)


def test_a_rewind_of_a_rewind_remembers_only_what_it_shares() -> None:
    talk = played([("answer", "Two.", []), ("answer", "Three.", [])], ClockKind.WALL)
    first = rewound(talk.events, 4, START + HOURS)
    talk.events, talk.now = first, START + HOURS
    for words in ("Two again.", "Three again."):
        talk.answer(words)
    again = START + 2 * HOURS
    later, same, earlier = (rewound(talk.events, turn, again)[0] for turn in (6, 4, 2))
    assert EVENT.validate_json(later.model_dump_json()) == later
    assert [parent_of(event).moments for event in (later, earlier)] == [{4: START + HOURS, 6: again}, {2: again}]
    assert [parent_of(event).parent for event in (same, earlier)] == [None, None]


def parent_of(event: Event) -> Parent:
    assert isinstance(event, Started)
    assert event.parent
    return event.parent


def test_a_question_means_its_answer() -> None:
    events = played([("answer", "Two.", [])], ClockKind.SPEECH).events
    assert rewound(events, 3) == rewound(events, 4)


@pytest.mark.parametrize(("turn", "why"), [(0, "no turn 0"), (99, "no turn 99"), (-1, "no turn -1"), (3, "nobody")])
def test_a_turn_that_nobody_answered_cannot_be_rewound_to(turn: int, why: str) -> None:
    talk = played([], ClockKind.SPEECH)
    with pytest.raises(ValueError, match=why):
        rewound(talk.events, turn)


def test_before_the_first_answer_there_is_nothing_to_rewind() -> None:
    with pytest.raises(ValueError, match="nothing was answered"):
        rewound(Talk(LIBRARY).events, 1)


def test_a_transcript_of_before_has_no_parent() -> None:
    events = played([], ClockKind.SPEECH).events
    old = events[0].model_dump(mode="json")
    del old["parent"]
    assert EVENT.validate_python(old) == events[0]


# --- the difference --------------------------------------------------------------------------------------------------


def card(steps: list[Any]) -> Scorecard:
    return score(played(steps, ClockKind.SPEECH).view, SCORING, LIBRARY.stages)


CARDS = STEPS.map(card)
MIRRORED = {
    Change.GAINED: Change.LOST,
    Change.DEEPER: Change.SHALLOWER,
    Change.LESS_PROMPTED: Change.MORE_PROMPTED,
}
MIRRORED |= {other: one for one, other in MIRRORED.items()}


@settings(max_examples=30, deadline=None)
@given(CARDS)
def test_a_scorecard_does_not_differ_from_itself(one: Scorecard) -> None:
    found = difference(one, one)
    assert (found.points, found.dimensions, found.overall.by) == ((), {}, 0)


@settings(max_examples=60, deadline=None)
@given(CARDS, CARDS)
def test_the_difference_back_is_the_difference_turned_round(one: Scorecard, other: Scorecard) -> None:
    there, back = difference(one, other), difference(other, one)
    assert [(c.what, c.before, c.after, c.credit, c.open) for c in there.points] == [
        (MIRRORED[c.what], c.after, c.before, -c.credit, c.open) for c in back.points
    ]
    assert {d: shift.by for d, shift in there.dimensions.items()} == {d: -s.by for d, s in back.dimensions.items()}
    assert (there.overall.by, there.ranges, there.verdicts) == (
        -back.overall.by,
        back.ranges[::-1],
        back.verdicts[::-1],
    )


@settings(max_examples=60, deadline=None)
@given(CARDS, CARDS)
def test_the_points_account_for_all_credit_of_every_dimension(one: Scorecard, other: Scorecard) -> None:
    found = difference(one, other)
    for dimension in Dimension:
        before, after = (sum(m.credit for m in c.marks if m.dimension is dimension) for c in (one, other))
        listed = sum(change.credit for change in found.points if change.mark.dimension is dimension)
        assert listed == pytest.approx(after - before, abs=1e-6)
        shift = found.dimensions.get(dimension)
        assert (shift.by if shift else 0) == pytest.approx(other.dimensions[dimension] - one.dimensions[dimension])


POINT = "clarify-amber"


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ([], [shown(POINT)], Change.GAINED),
        ([shown(POINT)], [], Change.LOST),
        ([shown(POINT)], [shown(POINT, depth=Depth.JUSTIFIED)], Change.DEEPER),
        ([shown(POINT, depth=Depth.EXPLAINED)], [shown(POINT)], Change.SHALLOWER),
    ],
)
def test_a_change_has_its_name(before: list[Any], after: list[Any], what: Change) -> None:
    one, other = (card([("answer", "words", cells)]) for cells in (before, after))
    (change,) = difference(one, other).points
    assert (change.what, change.mark.point, change.open) == (what, POINT, False)


def test_a_point_that_could_not_be_assessed_is_not_said_to_be_missing() -> None:
    one, other = (card([("answer", "words", [shown(POINT, state=state)])]) for state in ("shown", "unsure"))
    assert [(change.what, change.open) for change in difference(one, other).points] == [(Change.LOST, True)]


def test_less_help_is_told_from_more() -> None:
    talk, free = Talk(LIBRARY), Talk(LIBRARY)
    while not ((move := talk.last).kind is MoveKind.PROBE and move.point):
        talk.answer("We could start with the quarry today.")
    talk.answer("words", shown(move.point))
    free.answer("words", shown(move.point))
    one, other = (score(t.view, SCORING, LIBRARY.stages) for t in (talk, free))
    assert [change.what for change in difference(one, other).points] == [Change.LESS_PROMPTED]


# --- kept and played on ----------------------------------------------------------------------------------------------

Make = Callable[..., Interviewer]


async def test_the_interview_stays_as_it_is_and_the_rewind_goes_its_own_way(make: Make) -> None:
    interviewer = make()
    first = await interviewer.begin(SETUP)
    for _ in range(2):
        await said(interviewer.answer(first, ANSWER))
    before = interviewer.store.events(first)
    second = interviewer.rewind(first, 4)
    assert await said(interviewer.resume(second)) == [], "the question was asked already"
    await said(interviewer.answer(second, "Something else."))
    assert interviewer.store.events(first) == before
    assert [turn.text for turn in interviewer.view(second).turns[:3]] == [
        turn.text for turn in interviewer.view(first).turns[:3]
    ]
    assert interviewer.view(second).turns[3].text == "Something else."
    parents = {entry.id: entry.parent and (entry.parent.interview, entry.parent.turn) for entry in entries(interviewer)}
    assert parents == {first: None, second: (first, 4)}
    assert entries(interviewer)[0].id == second, "the newest comes first"


def entries(interviewer: Interviewer) -> list[Any]:
    return interviewer.store.entries("local")


async def test_a_rewind_that_cannot_be_made_leaves_nothing_behind(make: Make) -> None:
    interviewer = make()
    first = await interviewer.begin(SETUP)
    with pytest.raises(NotFound, match=f"{first} cannot be rewound"):
        interviewer.rewind(first, 1)
    assert len(entries(interviewer)) == 1


async def test_a_rewind_is_compared_with_what_it_came_from_and_nothing_else_is(make: Make) -> None:
    interviewer = make()
    first = await interviewer.begin(SETUP)
    await said(interviewer.answer(first, ANSWER))
    second = interviewer.rewind(first, 2)
    assert compared(interviewer, interviewer.view(first)) is None
    found = compared(interviewer, interviewer.view(second))
    assert found is not None
    assert (found.parent.interview, found.ended, found.before.ended) == (first, False, False)
    lost = replace(interviewer.view(second), parent=Parent(interview="gone", turn=2, when=START))
    assert compared(interviewer, lost) is None


BETTER_IN = [
    "ad-click-prediction",
    "code-completion-serving",
    "eta-prediction",
    "ml-platform",
    "rag-support-assistant",
    "video-recommendation",
]


@pytest.mark.parametrize("name", BETTER_IN)
def test_a_better_answer_raises_what_it_shows_and_lowers_nothing(
    name: str, library: Library, scoring: Scoring, reader: Reader, tmp_path: Path
) -> None:
    """A shipped problem and its reader: weak answers, and for one of them the strong one to the same question."""

    interviewer = Interviewer(library=library, scoring=scoring, store=Store(tmp_path), reader=reader)
    problem = library.problems[name]

    async def finished(interview: str) -> str:
        while not interviewer.view(interview).ended:
            await said(interviewer.request(interview, Request.FINISH))
        return interview

    async def weakly() -> str:
        interview = await interviewer.begin(Setup(problem=name))
        for point in problem.points[:6]:
            await said(interviewer.answer(interview, point.weak))
        await said(interviewer.answer(interview, "I am not sure about that one."))
        return await finished(interview)

    async def better(interview: str, turn: int) -> str:
        second = interviewer.rewind(interview, turn)
        asked = interviewer.view(second).moves[-1]
        point = problem.point(asked.point) if asked.point else problem.stages[asked.stage][0]
        await said(interviewer.answer(second, point.strong))
        return await finished(second)

    first = asyncio.run(weakly())
    turn = answers(interviewer.store.events(first))[-1]
    second = asyncio.run(better(first, turn))
    view = interviewer.view(second)
    found = compared(interviewer, view)
    assert found is not None
    changes = found.difference.points
    assert changes
    assert {change.mark.point for change in changes} == set(view_gains(view, turn))
    assert all(change.credit > 0 and change.after and change.after.turn == turn for change in changes)
    assert all(shift.by > 0 for shift in found.difference.dimensions.values())
    assert found.difference.overall.by > 0


def view_gains(view: View, turn: int) -> list[str]:
    """Points that `turn` shows and nothing before it did."""
    before = {one.point for one in view.evidence if one.turn < turn}
    return [one.point for one in view.evidence if one.turn == turn and one.point not in before]
