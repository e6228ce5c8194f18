"""Turns outlive the pages that asked for them; nothing is said twice, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from agent.errors import Conflict, NotFound
from agent.events import Assessed, Cell, Request, Setup
from agent.interviewer import Interviewer
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from tests.agent.doubles import TellingReader
from tests.factory import shown
from tests.ui.doubles import SENTENCE, GatedModel
from ui.web.runs import Busy, Run, Runs

ANSWER = "I would start with a plain list and measure it every day before anything else."
Make = Callable[..., Interviewer]


@pytest.fixture
def make(tiny: Library, scoring: Scoring, tmp_path: Path) -> Iterator[Make]:
    """Interviewers over one store, as if a server had been restarted in between."""
    stores: list[Store] = []

    def interviewer(model: GatedModel | None = None, *cells: Cell) -> Interviewer:
        stores.append(Store(tmp_path / "home"))
        reader = TellingReader(*cells)
        return Interviewer(library=tiny, scoring=scoring, store=stores[-1], reader=reader, model=model)

    yield interviewer
    for store in stores:
        store.close()


async def begun(make: Make, model: GatedModel | None = None, *cells: Cell) -> tuple[Interviewer, Runs, str]:
    interviewer = make(model, *cells)
    return interviewer, Runs(interviewer), await interviewer.begin(Setup(problem="tiny"))


async def first(run: Run) -> str:
    """What somebody sees who looks until there is something, and leaves."""
    async for text in run.follow():
        if text:
            return text
    return ""


async def last(run: Run) -> str:
    return [text async for text in run.follow()][-1]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def said(interviewer: Interviewer, interview: str, who: str) -> list[str]:
    return [turn.text for turn in interviewer.view(interview).turns if turn.who == who]


# --- following -------------------------------------------------------------------------------------------------------


async def test_a_turn_goes_on_when_its_page_is_gone_and_a_new_page_follows_it(make: Make) -> None:
    model = GatedModel()
    interviewer, runs, interview = await begun(make, model)
    begun_text = await first(runs.answer(interview, ANSWER))
    again = runs.attach(interview)
    assert again is not None
    assert begun_text == await first(again) == SENTENCE.strip()
    model.go.set()
    whole = await last(again)
    assert whole.startswith(SENTENCE.strip())
    assert said(interviewer, interview, "interviewer")[-1] == whole
    assert said(interviewer, interview, "candidate") == [ANSWER]


async def test_two_pages_see_the_same_whole_reply(make: Make) -> None:
    model = GatedModel()
    _, runs, interview = await begun(make, model)
    run = runs.answer(interview, ANSWER)
    model.go.set()
    one, other = await asyncio.gather(last(run), last(run))
    assert one == other != ""


async def test_nothing_is_followed_where_nothing_runs(make: Make) -> None:
    _, runs, interview = await begun(make)
    assert runs.attach(interview) is None
    await last(runs.answer(interview, ANSWER))
    assert runs.current(interview) is None
    assert runs.attach(interview) is None


async def test_an_unknown_interview_is_said_to_be_unknown(make: Make) -> None:
    _, runs, _ = await begun(make)
    with pytest.raises(NotFound):
        runs.attach("nosuchthing")


# --- one turn at a time ----------------------------------------------------------------------------------------------


async def test_a_second_answer_or_request_is_refused_while_a_turn_runs(make: Make) -> None:
    model = GatedModel()
    interviewer, runs, interview = await begun(make, model)
    run = runs.answer(interview, ANSWER)
    await first(run)
    with pytest.raises(Busy, match="still speaking"):
        runs.answer(interview, ANSWER)
    with pytest.raises(Busy):
        runs.request(interview, Request.FINISH)
    model.go.set()
    await last(run)
    assert said(interviewer, interview, "candidate") == [ANSWER]
    assert not interviewer.view(interview).closing


async def test_two_answers_in_the_same_instant_become_one(make: Make) -> None:
    interviewer, runs, interview = await begun(make)
    run = runs.answer(interview, ANSWER)
    with pytest.raises(Busy):
        runs.answer(interview, ANSWER)
    await last(run)
    assert said(interviewer, interview, "candidate") == [ANSWER]


async def test_a_failed_turn_ends_with_a_line_and_frees_the_interview(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    interviewer, runs, interview = await begun(make)

    async def conflicting(*_: object) -> AsyncIterator[str]:
        raise Conflict("It went on elsewhere.")
        yield ""

    with monkeypatch.context() as patch:
        patch.setattr(interviewer, "answer", conflicting)
        run = runs.answer(interview, ANSWER)
        await last(run)
    assert run.error == "It went on elsewhere."
    assert await last(runs.answer(interview, ANSWER))


async def test_an_unforeseen_failure_shows_no_inner_workings(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    interviewer, runs, interview = await begun(make)

    async def broken(*_: object) -> AsyncIterator[str]:
        raise RuntimeError("secret detail")
        yield ""

    monkeypatch.setattr(interviewer, "answer", broken)
    run = runs.answer(interview, ANSWER)
    await last(run)
    assert run.error
    assert "secret" not in run.error


# --- after a crash ---------------------------------------------------------------------------------------------------


async def test_a_turn_that_a_crash_left_open_is_completed_when_its_page_opens(make: Make) -> None:
    interviewer, runs, interview = await begun(make, GatedModel())
    await first(runs.answer(interview, ANSWER))
    await runs.close()
    assert interviewer.view(interview).awaits_interviewer

    restarted = make()
    again = Runs(restarted)
    run = again.attach(interview)
    assert run is not None
    assert await last(run)
    assert said(restarted, interview, "candidate") == [ANSWER]
    assert not restarted.view(interview).awaits_interviewer


async def test_a_request_that_a_crash_left_open_is_completed_too(make: Make) -> None:
    model = GatedModel()
    _, runs, interview = await begun(make, model)
    model.go.set()
    await last(runs.answer(interview, ANSWER))
    model.go.clear()
    await first(runs.request(interview, Request.NEXT))
    await runs.close()

    restarted = make()
    run = Runs(restarted).attach(interview)
    assert run is not None
    await last(run)
    assert restarted.view(interview).last_move is not None
    assert len(said(restarted, interview, "interviewer")) == 3


# --- late assessment -------------------------------------------------------------------------------------------------

UNSURE = shown("clarify-amber", quote="a plain list", state="unsure")


async def test_what_is_unsure_is_settled_after_the_reply(make: Make) -> None:
    model = GatedModel()
    model.go.set()
    model.judge.set()
    interviewer, runs, interview = await begun(make, model, UNSURE)
    await last(runs.answer(interview, ANSWER))
    await until(lambda: not runs.settling(interview))
    by_model = [e for e in interviewer.store.events(interview) if isinstance(e, Assessed) and e.by == "model"]
    assert [cell.point for event in by_model for cell in event.cells] == ["clarify-amber"]


async def test_the_next_answer_cancels_the_assessment_and_both_are_settled_after_it(make: Make) -> None:
    model = GatedModel()
    model.go.set()
    interviewer, runs, interview = await begun(make, model, UNSURE)
    await last(runs.answer(interview, ANSWER))
    await until(lambda: model.judging == 1)
    assert runs.settling(interview)
    await last(runs.answer(interview, ANSWER))
    assert model.cancelled == 1
    model.judge.set()
    await until(lambda: not runs.settling(interview))
    events = interviewer.store.events(interview)
    assert any(isinstance(e, Assessed) and e.by == "model" for e in events)


async def test_an_assessment_that_a_crash_cut_short_goes_on_when_the_interview_is_opened(make: Make) -> None:
    model = GatedModel()
    model.go.set()
    interviewer, runs, interview = await begun(make, model, UNSURE)
    await last(runs.answer(interview, ANSWER))
    await until(lambda: model.judging == 1)
    await runs.close()

    model.judge.set()
    restarted = make(model, UNSURE)
    again = Runs(restarted)
    assert again.attach(interview) is None
    await again.settled(interview, 5)
    events = restarted.store.events(interview)
    assert any(isinstance(e, Assessed) and e.by == "model" for e in events)
    assert not again.settling(interview)
    assert interviewer is not restarted


async def test_closing_leaves_nothing_running(make: Make) -> None:
    _, runs, interview = await begun(make, GatedModel())
    await first(runs.answer(interview, ANSWER))
    await runs.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
