"""How the interviewer pushes: fairly, once, with the candidate's own words."""

from __future__ import annotations

import pytest

from agent.events import Depth, MoveKind, Preface, Press, Request, Setup, SteerReason
from agent.phrasing import plain
from knowledge.library import Library
from knowledge.schema import Level, StageId
from tests.factory import Talk, shown

WRONG = "The amber clarify is free."


@pytest.fixture
def talk(tiny: Library) -> Talk:
    return Talk(tiny)


def last_words(talk: Talk) -> str:
    return talk.view.turns[-1].text


# --- wrong claims -----------------------------------------------------------------------------------------------------


def test_a_claim_that_is_doubted_at_once_gets_a_turn(talk: Talk) -> None:
    assert talk.answer(f"{WRONG} Hmm, wait, let me think about that.").kind is MoveKind.HOLD
    assert talk.answer("So that is how I see the stones in the quarry.").kind is MoveKind.CHALLENGE
    assert talk.last.quote == WRONG


def test_a_claim_that_is_taken_back_is_not_questioned(talk: Talk) -> None:
    talk.answer(f"{WRONG} Hmm, I am not so sure about that.")
    assert talk.answer("Scratch that, somebody has to pay for it of course.").kind is not MoveKind.CHALLENGE
    assert talk.answer(f"{WRONG} No, that was wrong.").kind is not MoveKind.CHALLENGE


@pytest.mark.parametrize(
    "cells", [{"cells": (shown("clarify-amber"),)}, {"heard": (shown("clarify-amber/0"),)}], ids=["point", "exception"]
)
def test_who_argues_and_is_right_is_conceded_to(talk: Talk, cells: dict[str, tuple[object, ...]]) -> None:
    talk.answer(WRONG)
    talk.answer(f"I still think so. {WRONG}", *cells.get("cells", ()), heard=cells.get("heard", ()))  # type: ignore[arg-type]
    assert talk.last.preface is Preface.CONCEDED
    talk.answer(WRONG)
    assert talk.view.conceded == {("clarify-amber", 0)}
    assert talk.view.held == frozenset(), "what was conceded was held against them when it was said again"


def test_what_may_be_the_exception_is_held_against_nobody(talk: Talk) -> None:
    talk.answer(WRONG)
    talk.answer(f"I still think so. {WRONG}", heard=(shown("clarify-amber/0", state="unsure"),))
    assert talk.view.held == talk.view.conceded == frozenset()


@pytest.mark.parametrize("said", [WRONG, "I disagree, that has never been a problem anywhere."])
def test_who_is_wrong_and_persists_is_noted_and_not_lectured(talk: Talk, said: str) -> None:
    talk.answer(WRONG)
    talk.answer(said)
    assert talk.view.held == {("clarify-amber", 0)}
    assert talk.last.preface is Preface.NOTED
    talk.answer(WRONG)
    assert [move.kind for move in talk.view.moves].count(MoveKind.CHALLENGE) == 1


@pytest.mark.parametrize(
    "said",
    [
        "Ah, I see. Then I would keep only the stones that are known at request time.",
        "No, I would not do that any more, you have a point.",
        "Good catch, I do think that has a price.",
    ],
)
def test_who_gives_way_holds_nothing(talk: Talk, said: str) -> None:
    talk.answer(WRONG)
    talk.answer(said)
    assert talk.view.held == frozenset()
    assert talk.last.preface is not Preface.NOTED


def test_a_pause_or_a_repeated_question_does_not_end_the_argument(talk: Talk) -> None:
    talk.answer(WRONG)
    assert talk.answer("Let me think for a moment...").kind is MoveKind.HOLD
    talk.answer(f"I still think so. {WRONG}", shown("clarify-amber"))
    assert (talk.view.held, talk.view.conceded) == (frozenset(), {("clarify-amber", 0)})


def test_who_hears_the_question_again_and_stands_by_it_is_noted(talk: Talk) -> None:
    talk.answer(WRONG)
    talk.press(Request.REPEAT)
    talk.answer("I stand by it, that has never been a problem.")
    assert talk.view.held == {("clarify-amber", 0)}


def test_what_is_said_again_in_doubt_or_beside_the_point_is_not_held(talk: Talk) -> None:
    talk.answer(WRONG)
    talk.answer(f"{WRONG} Hmm, now that I say it, that might be wrong.")
    assert talk.view.held == frozenset()
    talk.answer(f"{WRONG} But somebody has to pay for it.", shown("clarify-amber"))
    assert talk.view.held == frozenset()


def test_a_claim_beside_a_question_is_questioned_after_the_answer(talk: Talk) -> None:
    assert talk.answer(f"{WRONG} How many widget3 are there?").kind is MoveKind.TELL
    assert talk.answer("Then the stones are counted once a day.").kind is MoveKind.CHALLENGE
    assert talk.last.quote == WRONG


def test_who_puts_it_right_later_is_told_so_and_nothing_is_held(talk: Talk) -> None:
    talk.answer(WRONG)
    talk.answer("I disagree, that has never been a problem anywhere.")
    talk.answer("Then somebody has to pay for the stones, of course.", shown("clarify-amber"))
    assert talk.last.preface is Preface.CORRECTED
    assert talk.view.held == frozenset()


def test_who_sees_it_gets_neither(talk: Talk) -> None:
    talk.answer(WRONG)
    talk.answer("You are right, that will have a price.")
    assert talk.last.preface not in {Preface.CONCEDED, Preface.NOTED}
    assert talk.view.held == frozenset()


# --- contradictions ---------------------------------------------------------------------------------------------------


def test_two_statements_that_leave_little_are_put_side_by_side_with_the_arithmetic(talk: Talk) -> None:
    talk.answer("Our p99 budget is 50 ms.", shown("clarify-amber", depth=Depth.JUSTIFIED))
    talk.answer("Then the ranker scores 1,000 candidates.", shown("frame-amber"), shown("frame-basalt"))
    assert talk.last.kind is MoveKind.CHALLENGE
    said = last_words(talk)
    assert "“Our p99 budget is 50 ms”" in said
    assert "“the ranker scores 1,000 candidates”" in said
    assert "1,000 candidates in 50 ms leaves 50 µs each" in said
    assert talk.answer("It is a small model.").kind is not MoveKind.CHALLENGE


# --- hand-waving ------------------------------------------------------------------------------------------------------


def in_stage(talk: Talk, stage: StageId) -> Talk:
    """Answers that show everything, until the interview is in a stage."""
    while talk.view.stage is not stage:
        cells = (shown(p.id, depth=Depth.JUSTIFIED) for p in talk.problem.stages[talk.view.stage])
        talk.answer("Stones matter because of their weight, so I weigh 20 of them.", *cells)
    return talk


def test_a_component_without_a_reason_is_asked_about_in_its_own_words(talk: Talk) -> None:
    in_stage(talk, StageId.DATA).answer("Then the stones go through Kafka, and from there on to the quarry itself.")
    assert (talk.last.kind, talk.last.press) == (MoveKind.DEEPEN, Press.REASON)
    assert "“the stones go through Kafka”" in last_words(talk)
    talk.answer("Then the pebbles go through Redis, and from there on to the quarry itself.")
    assert talk.last.press is None, "pressed twice in one stage"


def test_a_headline_is_drawn_out(talk: Talk) -> None:
    in_stage(talk, StageId.DATA).answer("Old stones.")
    assert talk.last.press is Press.MORE


def test_scale_without_a_number_is_asked_for_it(talk: Talk) -> None:
    said = "The stones come from everywhere, and the whole quarry scales well, as everybody who was there can see."
    in_stage(talk, StageId.DATA).answer(said)
    assert (talk.last.kind, talk.last.press) == (MoveKind.DEEPEN, Press.NUMBER)
    assert "“the whole quarry scales well”" in last_words(talk)
    assert "number" in last_words(talk)
    assert in_stage(talk, StageId.FEATURES).answer(f"{said} I count 300 of them.").press is None


DODGED = "It gives us fresh stones for every visitor and everybody sees the newest of them."


def test_a_dodged_price_is_asked_for_again(talk: Talk) -> None:
    in_stage(talk, StageId.DATA)
    assert talk.answer(DODGED, shown("data-amber")).press is None, "nothing was asked about a price yet"
    assert (talk.last.kind, talk.last.point) == (MoveKind.DEEPEN, "data-amber")
    assert talk.answer(DODGED).press is Press.COST
    assert last_words(talk).endswith("?")
    assert talk.answer(DODGED).press is None, "pressed twice in one stage"


def test_a_price_that_is_named_is_not_asked_for_again(talk: Talk) -> None:
    in_stage(talk, StageId.DATA).answer(DODGED, shown("data-amber"))
    assert talk.last.kind is MoveKind.DEEPEN
    assert talk.answer(f"{DODGED} It makes the trains slower.").press is None


@pytest.mark.parametrize(
    ("kind", "said", "most"),
    [
        (Press.NUMBER, "The stones come from everywhere, and the whole quarry scales well, as all of us can see.", 2),
        (Press.COST, DODGED, 2),
        (Press.MORE, "Old stones.", 3),
    ],
)
def test_a_kind_of_pointed_question_is_used_up(talk: Talk, kind: Press, said: str, most: int) -> None:
    for stage in list(StageId)[1:7]:
        in_stage(talk, stage)
        talk.answer(said, shown(f"{stage}-amber"))
        talk.answer(said, shown(f"{stage}-basalt", state="unsure"))
    assert sum(move.press is kind for move in talk.view.moves) == most


def test_clarifying_is_not_pressed(talk: Talk) -> None:
    talk.answer("Everything goes through Kafka, and that is how the stones are found here today.")
    assert talk.last.press is None


# --- time and rabbit holes --------------------------------------------------------------------------------------------


def test_a_monologue_is_met_once_with_a_request_for_the_main_line(talk: Talk) -> None:
    talk.answer("the stone " * 150)
    talk.answer("the stone " * 150)
    assert talk.last.preface is Preface.BRIEFLY
    assert "main line" in last_words(talk)
    talk.answer("the stone " * 150)
    assert talk.last.preface is not Preface.BRIEFLY


def test_an_answer_that_goes_back_is_brought_to_what_was_asked(talk: Talk) -> None:
    in_stage(talk, StageId.MODEL)
    assert talk.last.kind is MoveKind.ADVANCE
    question = last_words(talk)
    talk.answer("More on the stones, " + "their colour and weight and age " * 5, shown("features-amber"))
    assert (talk.last.kind, talk.last.steer) == (MoveKind.STEER, SteerReason.RABBIT_HOLE)
    assert last_words(talk).endswith(question.rsplit(". ", maxsplit=1)[-1])
    talk.answer("More on the stones, " + "their colour and weight and age " * 5, shown("features-amber"))
    assert talk.last.steer is not SteerReason.RABBIT_HOLE


def test_moving_on_for_the_clock_says_so(talk: Talk) -> None:
    talk.answer("the stone " * 540, shown("clarify-amber", depth=Depth.JUSTIFIED))
    assert (talk.last.kind, talk.last.preface) == (MoveKind.ADVANCE, Preface.TIME)


# --- levels -----------------------------------------------------------------------------------------------------------


def test_staff_is_asked_for_more_trade_offs_than_mid(tiny: Library) -> None:
    def deepened(level: Level) -> int:
        talk = Talk(tiny, Setup(problem="tiny", level=level))
        for word in ("amber", "basalt", "cobalt"):
            talk.answer(f"{word} is what I measure for 20 days of every year.", shown(f"clarify-{word}"))
        return sum(move.kind is MoveKind.DEEPEN and move.press is None for move in talk.view.moves)

    assert deepened(Level.STAFF) > deepened(Level.MID)


def test_mid_is_told_what_it_is_for_and_staff_one_fact_at_a_time(tiny: Library) -> None:
    def opened(level: Level, said: str) -> Talk:
        talk = Talk(tiny, Setup(problem="tiny", level=level))
        talk.answer(said)
        return talk

    assert opened(Level.MID, "Fine.").view.told == {"fact-0"}
    asked = "How many widget3 and how many widget4 are there, and how many widget5?"
    assert len(opened(Level.SENIOR, asked).last.facts) == 3
    assert len(opened(Level.STAFF, asked).last.facts) == 1
    assert opened(Level.SENIOR, "What about widget0?").last.kind is MoveKind.THROW_BACK
    assert opened(Level.MID, "What about widget0?").last.kind is MoveKind.TELL


def test_every_preface_and_press_has_words(talk: Talk) -> None:
    move = in_stage(talk, StageId.DATA).last
    for preface in Preface:
        assert plain(move.model_copy(update={"preface": preface}), talk.view, talk.library.stages)
    for press in Press:
        pressed = move.model_copy(update={"kind": MoveKind.DEEPEN, "press": press, "quote": "Old stones."})
        assert plain(pressed, talk.view, talk.library.stages).endswith("?")
