"""How an interview adapts to level, style, length and candidate: whole interviews, the same candidate in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from agent.events import Cell, ClockKind, Depth, MoveKind, Preface, Promptedness, Setup, Style
from knowledge.schema import Level, StageId
from tests.factory import Talk, shown, tiny_library

LIBRARY = tiny_library()
PLAIN = "Stones matter because of their weight, so I weigh 20 of them."
"""Reasoned and with a number, so that nothing in it is pressed on."""
MOST_ANSWERS = 200
Candidate = Callable[[Talk], tuple[str, tuple[Cell, ...]]]


def played(candidate: Candidate, **chosen: object) -> Talk:
    """An interview with this candidate until it is over."""
    talk = Talk(LIBRARY, Setup.model_validate({"problem": "tiny", **chosen}))
    for _ in range(MOST_ANSWERS):
        if talk.view.ended:
            return talk
        text, cells = candidate(talk)
        talk.answer(text, *cells)
    raise AssertionError("the interview did not end")


def toucher(talk: Talk) -> tuple[str, tuple[Cell, ...]]:
    """Always near something and never there."""
    return PLAIN, (shown(f"{talk.view.stage}-dune", state="unsure"),)


def giver(talk: Talk) -> tuple[str, tuple[Cell, ...]]:
    """One point of the stage after the other, by name only."""
    here = talk.problem.stages[talk.view.stage]
    return PLAIN, tuple(shown(p.id) for p in here if p.id not in talk.view.shown)[:1]


def nothing(_: Talk) -> tuple[str, tuple[Cell, ...]]:
    return PLAIN, ()


def answers_per_stage(talk: Talk) -> Counter[StageId]:
    """Answers by the stage that they were asked in."""
    asked = [turn.move.stage for turn in talk.view.turns[:-1] if turn.move and turn.move.kind is not MoveKind.CLOSE]
    return Counter(asked)


# --- style -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("candidate", "kind", "level"),
    [
        (toucher, MoveKind.PROBE, Level.STAFF),
        (giver, MoveKind.DEEPEN, Level.SENIOR),
        (giver, MoveKind.DEEPEN, Level.STAFF),
    ],
)
def test_a_driver_asks_the_same_candidate_more(candidate: Candidate, kind: MoveKind, level: Level) -> None:
    asked = {
        style: sum(m.kind is kind for m in played(candidate, level=level, style=style, clock="untimed").view.moves)
        for style in Style
    }
    assert asked[Style.DRIVER] > asked[Style.HANDS_OFF] > 0


# --- level -----------------------------------------------------------------------------------------------------------


def deciding(*gadgets: int) -> Candidate:
    """Decides for the next of these in every answer."""

    def candidate(talk: Talk) -> tuple[str, tuple[Cell, ...]]:
        n = sum(turn.who == "candidate" for turn in talk.view.turns)
        said = f"I would use gadget{gadgets[n % len(gadgets)]} because it lifts 20 stones. {PLAIN * 6}"
        return said, toucher(talk)[1]

    return candidate


@pytest.mark.parametrize(
    ("level", "gadgets", "balls"),
    [
        (Level.MID, (1, 2), 1),
        (Level.SENIOR, (1, 2), 1),
        (Level.STAFF, (1, 2), 2),
        (Level.STAFF, (1,), 1),
        (Level.STAFF, (7,), 0),
    ],
)
def test_staff_meets_a_second_changed_constraint_where_a_second_decision_can_be_hit(
    level: Level, gadgets: tuple[int, ...], balls: int
) -> None:
    moves = played(deciding(*gadgets), level=level).view.moves
    thrown = [move for move in moves if move.kind is MoveKind.CURVEBALL]
    assert len(thrown) == balls
    assert len({move.stage for move in thrown}) == len({move.curveball for move in thrown}) == balls


@pytest.mark.parametrize(("level", "questions"), [(Level.MID, 2), (Level.SENIOR, 2), (Level.STAFF, 6)])
def test_mid_hears_the_purpose_and_three_facts_at_a_time_and_staff_asks_for_each(level: Level, questions: int) -> None:
    talk = Talk(LIBRARY, Setup(problem="tiny", level=level))
    assert (talk.problem.facts[0].tell in talk.view.turns[0].text) is (level is Level.MID)
    wanted = [fact for fact in talk.problem.facts if fact.id in {f"fact-{n}" for n in range(1, 7)}]
    asked = 0
    while left := [fact for fact in wanted if fact.id not in talk.view.told]:
        talk.answer(" and ".join(fact.asks[0] for fact in left).capitalize() + " are there?")
        asked += 1
        assert asked <= len(wanted), "a question was not answered"
    assert asked == questions


# --- length ----------------------------------------------------------------------------------------------------------


A_TURN = 0.05
"""The share of the time that a turn of such a candidate takes."""


def filling(minutes: float) -> Candidate:
    """Speaks in proportion to the length, so that the clock and not the candidate ends each stage."""

    def candidate(talk: Talk) -> tuple[str, tuple[Cell, ...]]:
        return "the stone " * round(3 * minutes), toucher(talk)[1]

    return candidate


def entered(minutes: float) -> dict[StageId, float]:
    """When each stage was entered, as a share of the time."""
    talk = played(filling(minutes), minutes=minutes, style=Style.DRIVER)
    assert talk.view.elapsed <= minutes
    for turn in talk.view.turns:
        if turn.move and turn.move.kind in {MoveKind.PROBE, MoveKind.DEEPEN, MoveKind.ADVANCE}:
            assert turn.at < talk.schedule.hard(turn.move.stage), f"{turn.move.stage} went on at {turn.at}"
    return {stage: at / minutes for stage, at in talk.view.entered.items()}


def test_thirty_and_sixty_minutes_go_through_the_same_stages_in_proportion() -> None:
    short, long = entered(30), entered(60)
    assert list(short) == list(long)
    assert set(StageId) - set(short) <= {StageId.WRAP}
    apart = {stage: round(short[stage] - long[stage], 3) for stage in short}
    assert all(abs(share) < A_TURN for share in apart.values()), apart
    assert Talk(LIBRARY, Setup(problem="tiny", minutes=30)).schedule.hard(StageId.FRAME) == 8.0
    assert Talk(LIBRARY, Setup(problem="tiny", minutes=60)).schedule.hard(StageId.FRAME) == 16.0


# --- candidate -------------------------------------------------------------------------------------------------------


def test_a_strong_candidate_is_followed_out_of_order_and_led_back_to_what_was_left_out() -> None:
    ahead = {StageId.DATA: "Now the data.", StageId.MODEL: "Now the model.", StageId.SERVE: "Now serving."}

    def strong(talk: Talk) -> tuple[str, tuple[Cell, ...]]:
        left = next((stage for stage in ahead if stage not in talk.view.entered), None)
        if left is None:
            return toucher(talk)
        cells = (shown(f"{left}-amber", depth=Depth.JUSTIFIED), shown(f"{left}-basalt", depth=Depth.JUSTIFIED))
        return f"{ahead[left]} {PLAIN}", cells

    view = played(strong, style=Style.DRIVER).view
    assert list(view.entered)[:4] == [StageId.CLARIFY, *ahead]
    assert set(view.entered) == set(StageId)
    led = {move.stage: move.preface for move in view.moves if move.kind is MoveKind.ADVANCE}
    assert not set(ahead) & set(led), "a stage that was spoken of already was opened"
    assert {StageId.FRAME, StageId.FEATURES, StageId.EVALUATE} <= set(led)
    assert led[StageId.FRAME] is Preface.BACK
    stamps = {one.promptedness for one in view.evidence if view.problem.stage_of(one.point) in ahead}
    assert stamps == {Promptedness.UNPROMPTED}


def test_a_weak_candidate_is_moved_on_after_two_low_yield_answers_in_every_stage() -> None:
    view = (talk := played(nothing)).view
    assert answers_per_stage(talk) == dict.fromkeys(StageId, 2)
    assert all(move.preface is Preface.ENOUGH for move in view.moves if move.kind is MoveKind.ADVANCE)
    assert view.elapsed < view.setup.minutes / 2, "the clock may have moved it on"
    more = answers_per_stage(played(toucher))
    assert all(more[stage] > 2 for stage in StageId), "who still gives is moved on as well"


def test_an_untimed_interview_adapts_alike() -> None:
    assert answers_per_stage(played(nothing, clock=ClockKind.UNTIMED)) == dict.fromkeys(StageId, 2)
