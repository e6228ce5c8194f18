"""What is decided late, while the candidate reads and types: by the reader's doubt and the model's vote."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

from agent.assessor import Fusion, fuse, item
from agent.errors import ModelStalled
from agent.events import Cell, Request
from agent.interviewer import ASSESSED_AT_ONCE, Interviewer
from agent.models.port import Model
from agent.models.scripted import Scripted
from knowledge.library import Library
from tests.agent.boards import drawing
from tests.agent.desk import ANSWER, SETUP, assert_orderly, degraded, said
from tests.agent.doubles import BoardReader, HangingModel, TellingReader
from tests.factory import shown

UNSURE = [shown(point, ANSWER, state="unsure") for point in ("frame-amber", "frame-basalt", "frame-cobalt")]


async def answered_unsurely(make: Callable[..., Interviewer], model: Model, *cells: Cell) -> tuple[Interviewer, str]:
    interviewer = make(TellingReader(*(cells or UNSURE)))
    interview = await interviewer.begin(SETUP)
    await said(interviewer.answer(interview, ANSWER))
    interviewer.model = model
    return interviewer, interview


def states(interviewer: Interviewer, interview: str) -> dict[str, str]:
    return {cell.point: cell.state for cell in interviewer.view(interview).turns[1].cells}


async def test_unsure_cells_are_decided_by_both_votes(make: Callable[..., Interviewer]) -> None:
    interviewer, interview = await answered_unsurely(make, Scripted(log_odds=[4.0, -4.0, 0.5]))
    before = interviewer.scorecard(interview)
    await interviewer.settle(interview)
    assert states(interviewer, interview) == {
        "frame-amber": "shown",
        "frame-basalt": "not-shown",
        "frame-cobalt": "unsure",
    }
    after = interviewer.scorecard(interview)
    assert [(mark.point, mark.quote, mark.by) for mark in after.marks] == [("frame-amber", ANSWER, "model")]
    assert [one.point for one in after.not_assessed] == ["frame-cobalt"]
    assert after.overall > before.overall == 0


@pytest.mark.parametrize(
    ("prior", "odds", "state"), [(0.65, 1.7, "shown"), (0.25, 1.7, "unsure"), (0.9, -8, "not-shown")]
)
def test_the_readers_doubt_is_the_prior_of_the_models_vote(prior: float, odds: float, state: str) -> None:
    """ln(p / 1-p) adds up: the same vote decides a likely cell and leaves an unlikely one open."""
    cell = UNSURE[0].model_copy(update={"probability": prior})
    fused = fuse(cell, odds, Fusion(scale=0.5, offset=0, shown=0.8, not_shown=0.2))
    assert fused.state == state
    assert (fused.quote, fused.depth, fused.point) == (cell.quote, cell.depth, cell.point)


@pytest.mark.parametrize(
    ("by", "odds", "state"),
    [
        (Fusion(shown=None), 9.0, "unsure"),
        (Fusion(shown=None), -9.0, "not-shown"),
        (Fusion(not_shown=None), -9.0, "unsure"),
        (Fusion(not_shown=None), 9.0, "shown"),
    ],
)
def test_a_side_without_a_threshold_stays_open(by: Fusion, odds: float, state: str) -> None:
    assert fuse(UNSURE[0], odds, by).state == state


async def test_the_thresholds_of_the_model_are_those_that_decide(make: Callable[..., Interviewer]) -> None:
    interviewer, interview = await answered_unsurely(make, Scripted(log_odds=[4.0, -4.0, 0.5]))
    interviewer.fusion = Fusion(shown=None)
    await interviewer.settle(interview)
    assert list(states(interviewer, interview).values()) == ["unsure", "not-shown", "unsure"]


async def test_a_model_that_does_not_vote_is_not_asked(make: Callable[..., Interviewer]) -> None:
    model = Scripted(log_odds=[9.0] * 3)
    interviewer, interview = await answered_unsurely(make, model)
    interviewer.fusion = None
    await interviewer.settle(interview)
    assert "Does the answer show" not in str(model.asked)
    assert set(states(interviewer, interview).values()) == {"unsure"}


def test_items_about_one_answer_differ_only_behind_it(tiny: Library) -> None:
    """Servers keep the longest common prefix: the answer must be in it, also for points of different stages."""
    problem = tiny.problems["tiny"]
    prompts = [item(problem, point.id, f"{ANSWER} <b> & more.")[0].content for point in problem.points]
    common = os.path.commonprefix(prompts)  # noqa: RUF071 (characters are meant)
    assert f"{ANSWER} ‹b› & more.\n</answer>" in common
    assert common.endswith("Stage: ")


async def test_items_are_asked_answer_by_answer(make: Callable[..., Interviewer]) -> None:
    model = Scripted(log_odds=[0.0] * 6)
    interviewer = make(TellingReader(*UNSURE))
    interview = await interviewer.begin(SETUP)
    answers = ("First I would look at the quarry.", "Then I would look at the stones.")
    for answer in answers:
        await said(interviewer.answer(interview, answer))
    interviewer.model = model
    await interviewer.settle(interview)
    items = [asked[-1].content for asked in model.asked if "Does the answer show" in asked[-1].content]
    assert [next(n for n, answer in enumerate(answers) if answer in text) for text in items] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("odds", [float("inf"), float("-inf"), 1e9, -1e9])
def test_an_endless_vote_is_a_number_all_the_same(odds: float) -> None:
    assert 0 <= fuse(UNSURE[0], odds).probability <= 1


async def test_a_quote_stays_verbatim_whatever_the_model_says(make: Callable[..., Interviewer]) -> None:
    model = Scripted(log_odds=[9.0])
    interviewer, interview = await answered_unsurely(make, model, shown("frame-amber", "the quarry", state="unsure"))
    await interviewer.settle(interview)
    (mark,) = interviewer.scorecard(interview).marks
    assert mark.quote == "the quarry"
    assert mark.quote in interviewer.view(interview).turns[mark.turn - 1].text


async def test_what_was_drawn_is_judged_by_the_board_and_what_was_said_by_the_words(
    make: Callable[..., Interviewer],
) -> None:
    model = Scripted(log_odds=[9.0, 9.0])
    interviewer = make(BoardReader(shown("frame-amber", ANSWER, state="unsure"), state="unsure"))
    interview = await interviewer.begin(SETUP)
    await said(interviewer.answer(interview, ANSWER, drawing("a[Crane] -->|daily| b[Yard]")))
    interviewer.model = model
    await interviewer.settle(interview)
    line = "Crane (service) -› Yard (service): daily"
    assert [(ANSWER in asked[0].content, line in asked[0].content) for asked in model.asked] == [
        (True, False),
        (False, True),
    ]
    marks = {mark.point: (mark.source, mark.by) for mark in interviewer.scorecard(interview).marks}
    assert marks == {"frame-amber": ("words", "model"), "clarify-amber": ("board", "model")}


async def test_without_log_odds_everything_stays_unsure(make: Callable[..., Interviewer]) -> None:
    interviewer, interview = await answered_unsurely(make, Scripted(log_odds=[None]))
    await interviewer.settle(interview)
    assert set(states(interviewer, interview).values()) == {"unsure"}
    assert len(interviewer.scorecard(interview).not_assessed) == 3
    assert degraded(interviewer, interview) == []


async def test_a_model_that_fails_at_assessing_keeps_what_it_decided(make: Callable[..., Interviewer]) -> None:
    interviewer, interview = await answered_unsurely(make, Scripted(log_odds=[4.0, ModelStalled("silent")]))
    await interviewer.settle(interview)
    assert states(interviewer, interview)["frame-amber"] == "shown"
    assert states(interviewer, interview)["frame-basalt"] == "unsure"
    assert degraded(interviewer, interview) == [("assessment", "silent")]


async def test_a_cancelled_assessment_keeps_what_was_decided(make: Callable[..., Interviewer]) -> None:
    model = HangingModel(log_odds=[4.0])
    interviewer, interview = await answered_unsurely(make, model)
    settling = asyncio.create_task(interviewer.settle(interview))
    while len(model.asked) < 2:
        await asyncio.sleep(0)
    settling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await settling
    assert states(interviewer, interview)["frame-amber"] == "shown"
    assert states(interviewer, interview)["frame-basalt"] == "unsure"
    await said(interviewer.answer(interview, "Next I would look at the users."))
    assert_orderly(interviewer, interview)


async def test_no_item_is_asked_twice_and_none_about_what_is_shown(make: Callable[..., Interviewer]) -> None:
    model = Scripted(log_odds=[0.0, 0.0, 0.0, 9.0])
    interviewer, interview = await answered_unsurely(make, model, *UNSURE, shown("frame-dune", ANSWER))
    await interviewer.settle(interview)
    await interviewer.settle(interview)
    assert len(model.asked) == 3
    assert not any("dune frame" in message.content for asked in model.asked for message in asked)


async def test_the_likeliest_items_are_asked_first_and_all_are_asked_in_the_end(
    make: Callable[..., Interviewer], tiny: Library
) -> None:
    points = tiny.problems["tiny"].points[: ASSESSED_AT_ONCE + 4]
    cells = [
        shown(point.id, ANSWER, state="unsure").model_copy(update={"probability": 0.3 + n / 100})
        for n, point in enumerate(points)
    ]
    model = Scripted(log_odds=[0.0] * len(cells))
    interviewer, interview = await answered_unsurely(make, model, *cells)
    await interviewer.settle(interview)
    assert points[-1].statement in model.asked[0][-1].content
    await interviewer.settle(interview)
    asked = "\n".join(message.content for call in model.asked for message in call)
    assert all(point.statement in asked for point in points)


async def test_what_was_said_after_the_close_is_not_assessed(make: Callable[..., Interviewer]) -> None:
    model = Scripted(log_odds=[9.0] * 9)
    interviewer = make(TellingReader(*UNSURE))
    interview = await interviewer.begin(SETUP)
    await said(interviewer.request(interview, Request.FINISH))
    await said(interviewer.answer(interview, ANSWER))
    interviewer.model = model
    await interviewer.settle(interview)
    assert interviewer.view(interview).ended
    assert (model.asked, interviewer.scorecard(interview).marks) == ([], ())
