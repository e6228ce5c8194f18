"""The fold: the same events give the same view, whenever the readings arrived; every event survives JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.board import Board, lines
from agent.events import (
    EVENT,
    Answered,
    Assessed,
    Cell,
    ClockKind,
    Degraded,
    Depth,
    Ended,
    Event,
    Move,
    MoveKind,
    Promptedness,
    Request,
    Requested,
    Said,
    Setup,
    Started,
    SteerReason,
)
from agent.transcript import fold, setup_of
from knowledge.schema import StageId
from tests.agent.boards import drawing
from tests.agent.script import PROBLEM, Script
from tests.factory import START, shown

POINT = "clarify-amber"


# --- late readings ---------------------------------------------------------------------------------------------------


def talk() -> list[Event]:
    """Three answers with what prompted them, the last one still open, and no reading yet."""
    script = Script().say(MoveKind.OPEN)
    for move in ({"kind": MoveKind.PROBE, "point": POINT}, {"kind": MoveKind.DEEPEN, "point": "frame-amber"}, {}):
        script.turn += 1
        script.events.append(Answered(when=script.tick(), turn=script.turn, text="We measure it. How many widget3?"))
        script.say(**move)
    return script.events[:-1]


CELLS = st.lists(
    st.builds(
        shown,
        st.sampled_from([POINT, "clarify-basalt", "frame-amber"]),
        quote=st.sampled_from(["We measure it.", "How many widget3?"]),
        depth=st.sampled_from(list(Depth)),
        state=st.sampled_from(["shown", "unsure", "not-shown"]),
    ),
    max_size=3,
    unique_by=lambda cell: cell.point,
)
READINGS = st.lists(
    st.tuples(st.sampled_from([2, 4, 6]), st.sampled_from(["matcher", "model"]), CELLS, st.booleans()), max_size=6
)


def readings(drawn: Sequence[tuple[int, str, list[Cell], bool]]) -> list[Event]:
    script = Script()
    for turn, by, cells, asks in drawn:
        script.read(by, *cells, turn=turn)
        if asks:
            script.events[-1] = script.events[-1].model_copy(update={"facts": (f"fact-{len(script.events)}",)})
    return script.events[1:]


@settings(max_examples=60, deadline=None)
@given(READINGS, st.randoms(use_true_random=False))
def test_late_readings_in_any_order_give_the_same_view(
    drawn: list[tuple[int, str, list[Cell], bool]], random: Any
) -> None:
    late = readings(drawn)
    expected = fold([*talk(), *late], PROBLEM)
    random.shuffle(late)
    mixed = talk()
    for event in late:
        mixed.insert(random.randint(1, len(mixed)), event)
    assert fold(mixed, PROBLEM) == expected


def test_of_two_lists_of_facts_the_later_one_counts_wherever_it_stands() -> None:
    late = readings([(6, "matcher", [], True), (6, "matcher", [], True)])
    orders = ([*talk(), *late], [*talk(), *reversed(late)])
    assert {fold(events, PROBLEM).latest.facts for events in orders} == {("fact-3",)}


def test_the_models_verdict_replaces_the_matchers_whichever_came_first() -> None:
    for order in (("matcher", "model"), ("model", "matcher")):
        script = Script().say(MoveKind.OPEN).answer("We measure it.")
        for by in order:
            script.read(by, shown(POINT, state="shown" if by == "matcher" else "not-shown"))
        assert script.view.evidence == ()
        assert script.view.settled == {(2, POINT)}


def test_the_model_leaves_the_cells_that_it_was_not_asked_about() -> None:
    script = Script().say(MoveKind.OPEN).answer("We measure it.", shown(POINT), shown("frame-amber", state="unsure"))
    script.read("model", shown("frame-amber"))
    assert {(e.point, e.by) for e in script.view.evidence} == {(POINT, "matcher"), ("frame-amber", "model")}
    assert script.view.unsure == {}


def test_a_turn_is_pending_until_something_read_it() -> None:
    script = Script().say(MoveKind.OPEN)
    script.turn += 1
    script.events.append(Answered(when=script.tick(), turn=2, text="Hm."))
    assert script.view.pending == (2,)
    assert script.read("matcher").view.pending == ()


def test_unsure_is_kept_at_its_likeliest_and_gone_once_shown() -> None:
    likely = shown(POINT, state="unsure").model_copy(update={"probability": 0.7})
    script = Script().say(MoveKind.OPEN).answer("One.", likely).say().answer("Two.", shown(POINT, state="unsure"))
    assert script.view.unsure == {POINT: likely}
    assert script.say().answer("Three.", shown(POINT)).view.unsure == {}


# --- stamps ----------------------------------------------------------------------------------------------------------

HINT_2 = {"kind": MoveKind.HINT, "point": POINT, "rung": 2}
STAMPS = [
    ([], Promptedness.UNPROMPTED),
    ([{"kind": MoveKind.PROBE, "point": POINT}], Promptedness.PROBE),
    ([{"kind": MoveKind.HINT, "point": POINT, "rung": 1}], Promptedness.HINT_1),
    ([HINT_2, {"kind": MoveKind.PROBE, "point": POINT}], Promptedness.HINT_2),
    ([{"kind": MoveKind.HINT, "point": POINT, "rung": 3}], Promptedness.HINT_3),
    ([{"kind": MoveKind.PROBE, "point": "clarify-basalt"}], Promptedness.UNPROMPTED),
    ([{"kind": MoveKind.DEEPEN, "point": POINT}], Promptedness.PROBE),
    ([{"kind": MoveKind.CHALLENGE, "point": POINT, "misconception": 0}], Promptedness.PROBE),
    ([{"kind": MoveKind.DEEPEN, "point": POINT}, HINT_2], Promptedness.HINT_2),
    ([{"kind": MoveKind.STEER, "steer": SteerReason.SILENCE}], Promptedness.UNPROMPTED),
]


@pytest.mark.parametrize(("moves", "stamp"), STAMPS)
def test_evidence_is_stamped_with_what_it_took(moves: list[dict[str, Any]], stamp: Promptedness) -> None:
    script = Script().say(MoveKind.OPEN)
    for move in moves:
        script.answer("Hm.").say(**move)
    script.answer("We measure it.", shown(POINT))
    assert [e.promptedness for e in script.view.evidence] == [stamp]


def test_what_was_shown_before_the_question_stays_unprompted() -> None:
    script = Script().say(MoveKind.OPEN).answer("We measure it.", shown(POINT))
    script.say(MoveKind.PROBE, point=POINT).answer("Daily.", shown(POINT))
    assert [e.promptedness for e in script.view.evidence] == [Promptedness.UNPROMPTED, Promptedness.PROBE]


def test_gained_is_what_is_new_or_deeper() -> None:
    script = Script().say(MoveKind.OPEN).answer("One.", shown(POINT), shown("frame-amber", depth=Depth.JUSTIFIED))
    assert script.view.latest.gained == (POINT, "frame-amber")
    script.say().answer("Two.", shown(POINT, depth=Depth.EXPLAINED), shown("frame-amber"))
    assert script.view.latest.gained == (POINT,)


# --- the end ---------------------------------------------------------------------------------------------------------


def test_closing_answers_are_not_scored() -> None:
    script = Script().say(MoveKind.OPEN).say(MoveKind.CLOSE, StageId.WRAP)
    script.answer("The amber clarify is free. I would use gadget1.", shown(POINT), shown("frame-amber", state="unsure"))
    view = script.view
    assert (view.evidence, view.unsure, view.claims, view.commitments, view.pending) == ((), {}, (), (), ())
    assert not view.turns[-1].scored


@pytest.mark.parametrize(("reason", "left"), [("closed", False), ("left", True)])
def test_it_ends_by_closing_or_by_leaving(reason: str, left: bool) -> None:
    script = Script().say(MoveKind.OPEN).answer("Bye.")
    script.events.append(Ended.model_validate({"when": script.tick(), "reason": reason}))
    assert (script.view.ended, script.view.left, script.view.awaits_interviewer) == (True, left, False)


def test_a_button_opens_the_interviewers_turn_and_no_candidate_turn() -> None:
    script = Script().say(MoveKind.OPEN)
    assert not script.view.awaits_interviewer
    script.events.append(Requested(when=script.tick(), what=Request.HINT))
    assert script.view.awaits_interviewer
    assert len(script.view.turns) == 1


# --- claims ----------------------------------------------------------------------------------------------------------


def test_a_claim_repeated_after_its_challenge_is_held() -> None:
    script = Script().say(MoveKind.OPEN).answer("The amber data is free.").say()
    assert script.answer("I said the amber data is free.").view.held == frozenset(), "nobody had questioned it"
    script.say(MoveKind.CHALLENGE, point="data-amber", misconception=0)
    assert script.answer("It is not free, that was wrong.").view.held == frozenset()
    assert script.say().answer("Then again, amber data is free.").view.held == {("data-amber", 0)}


def test_another_claim_after_a_challenge_is_not_held() -> None:
    script = Script().say(MoveKind.OPEN).answer("The amber data is free.")
    script.say(MoveKind.CHALLENGE, point="data-amber", misconception=0).answer("The basalt data is free.")
    assert script.view.held == frozenset()
    assert len(script.view.claims) == 2


# --- order -----------------------------------------------------------------------------------------------------------


def test_a_transcript_begins_with_started() -> None:
    script = Script().say(MoveKind.OPEN)
    for events in ([], script.events[1:]):
        with pytest.raises(ValueError, match="begins with"):
            setup_of(events)
    with pytest.raises(ValueError, match="exactly one"):
        fold([*script.events, script.events[0]], PROBLEM)


@pytest.mark.parametrize("turn", [1, 3, 7])
def test_turn_numbers_out_of_order_are_refused(turn: int) -> None:
    script = Script().say(MoveKind.OPEN)
    for event in (
        Answered(when=START, turn=turn, text="Hm."),
        Said(when=START, turn=turn, text="Go on.", move=Move(kind=MoveKind.HOLD, stage=StageId.CLARIFY, because="-")),
    ):
        with pytest.raises(ValueError, match=f"turn {turn} follows turn 1"):
            fold([*script.events, event], PROBLEM)


def test_folding_changes_nothing() -> None:
    events = talk()
    before = [event.model_dump_json() for event in events]
    assert fold(events, PROBLEM) == fold(events, PROBLEM)
    assert [event.model_dump_json() for event in events] == before


# --- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "elapsed", "began"),
    [
        (ClockKind.SPEECH, 0.15 + 1.0 + 0.15, [0.0, 0.15, 1.15]),
        (ClockKind.WALL, 1.0 + 1.0 + 2.0, [0.0, 1.0, 2.0]),  # the reading took a minute of the interviewer's turn
        (ClockKind.UNTIMED, 0.0, [0.0, 0.0, 0.0]),
    ],
)
def test_minutes_pass_as_the_clock_says(clock: ClockKind, elapsed: float, began: list[float]) -> None:
    script = Script(Setup(problem="tiny", clock=clock)).say(MoveKind.OPEN).answer("word " * 140).say()
    assert script.view.elapsed == pytest.approx(elapsed)
    assert [turn.at for turn in script.view.turns] == pytest.approx(began)


def test_time_stops_at_the_end_of_the_interview() -> None:
    script = Script(Setup(problem="tiny", minutes=10, clock=ClockKind.WALL)).say(MoveKind.OPEN)
    script.now += timedelta(hours=3)
    assert script.answer("Sorry, I was away.").view.elapsed == 10


def test_a_stage_is_entered_when_the_interviewer_speaks_in_it() -> None:
    script = Script().say(MoveKind.OPEN).answer("word " * 140).say(MoveKind.ADVANCE, StageId.FRAME)
    script.answer("word " * 140).say(MoveKind.HOLD, StageId.FRAME)
    assert script.view.entered == pytest.approx({StageId.CLARIFY: 0.0, StageId.FRAME: 1.15})
    assert script.view.stage is StageId.FRAME


# --- the board -------------------------------------------------------------------------------------------------------


def test_the_board_stands_until_another_is_sent() -> None:
    script = Script().say(MoveKind.OPEN).answer("One.", board=drawing("a[A] --> b[B]")).say().answer("Two.").say()
    assert lines(script.view.board) == ("A (service) -> B (service)",)
    assert [turn.board == script.view.board for turn in script.view.turns] == [False, True, True, True, True]
    assert script.answer("Three.", board={}).view.board == Board()


def test_drawing_is_noticed_in_the_turn_in_which_the_board_changed() -> None:
    board = drawing("a[A] --> b[B]")
    script = Script().say(MoveKind.OPEN)
    drew = [script.answer("One.", board=sent).view.latest.drew for sent in (None, {}, board, board, None, {})]
    assert drew == [False, False, True, False, False, True]


def test_evidence_says_where_its_quote_is_from() -> None:
    line = "A (service) -> B (service)"
    cell = shown(POINT, line).model_copy(update={"source": "board"})
    script = Script().say(MoveKind.OPEN).answer("Here.", cell, shown("frame-amber"), board=drawing("a[A] --> b[B]"))
    assert {(e.point, e.source) for e in script.view.evidence} == {(POINT, "board"), ("frame-amber", "words")}


# --- JSON ------------------------------------------------------------------------------------------------------------

MOVE = Move(
    kind=MoveKind.CURVEBALL,
    stage=StageId.MODEL,
    because="turn 4 committed to what it changes",
    point=POINT,
    rung=2,
    facts=("fact-1", "fact-2"),
    misconception=0,
    curveball="ball-1",
    quote="“I'd use gadget1”, 20 % \N{GRINNING FACE}",
    steer=SteerReason.RABBIT_HOLE,
    touched=True,
    rest="open",
    drawn="A (service) -> B (service)",
    node="A (service)",
)
EVERY_EVENT: tuple[Event, ...] = (
    Started(when=START, setup=Setup(problem="tiny", minutes=37.5), problem_hash="abc", version="1"),
    Answered(when=START, turn=2, text="a\n\tb \N{SNOWMAN} \\ \" '", board={"a": [{"x": 0.5}], "b": None}),
    Requested(when=START, what=Request.REPEAT),
    Said(
        when=START,
        turn=3,
        text="Why?",
        move=MOVE,
        source="model",
        model="m",
        prompts={"ask": "0"},
        passages=("drift#what-it-is",),
        first_token_ms=1,
        total_ms=2,
        prompt_tokens=3,
        completion_tokens=4,
    ),
    Assessed(when=START, turn=2, by="model", reader="m", cells=(shown(POINT, state="unsure"),), facts=("f",)),
    Degraded(when=START, turn=3, what="reply", why="refused"),
    Ended(when=START, reason="left"),
)


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.kind)
def test_every_event_survives_json(event: Event) -> None:
    again = EVENT.validate_json(event.model_dump_json())
    assert again == event
    assert type(again) is type(event)
    assert again.when.utcoffset() == timedelta(0)


def test_the_round_trip_covers_every_kind_of_event() -> None:
    kinds = set(EVENT.json_schema()["discriminator"]["mapping"])
    assert kinds == {event.kind for event in EVERY_EVENT}


def test_a_changed_constraint_may_be_met_one_answer_late() -> None:
    script = Script().say(MoveKind.CURVEBALL, curveball="ball-1", stage=StageId.MODEL).answer("Wait, about before.")
    script.say(MoveKind.HOLD, stage=StageId.MODEL)
    heard = (shown("ball-1/0", "It breaks."), shown("ball-2/0", "It breaks."))
    script.answer("It breaks.", heard=heard)
    assert [cell.point for cell in script.view.curveball_cells] == ["ball-1/0"], "only of what was said to change"
