"""One turn, whatever fails in it: what was said is kept, the interviewer stays in role, nothing is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from agent.board import Board, lines
from agent.errors import Conflict, UsageError
from agent.events import Answered, Assessed, Degraded, Ended, Event, MoveKind, Request, Setup
from agent.interviewer import Interviewer
from agent.models.port import Model
from agent.models.scripted import Scripted
from agent.store import Store
from agent.wording import Wording
from tests.agent.boards import drawing
from tests.agent.desk import ANSWER, PROBE, REWORDED, SETUP, assert_orderly, degraded, kinds, last_said, said
from tests.agent.doubles import BoardReader, BrokenReader, DyingModel, Killed, TellingReader, die
from tests.factory import START, shown

# --- an undisturbed turn ----------------------------------------------------------------------------------------------


async def test_an_interview_begins_with_the_brief(make: Callable[..., Interviewer]) -> None:
    interviewer = make()
    interview = await interviewer.begin(SETUP)
    assert kinds(interviewer, interview) == ["started", "said"]
    opening = last_said(interviewer, interview)
    assert (opening.turn, opening.move.kind) == (1, MoveKind.OPEN)
    assert opening.text.startswith(interviewer.problem("tiny").brief)


async def test_a_turn_without_a_model_is_the_authored_question(make: Callable[..., Interviewer]) -> None:
    interviewer = make()
    interview = await interviewer.begin(SETUP)
    assert (await said(interviewer.answer(interview, ANSWER)))[-1] == PROBE
    reply = last_said(interviewer, interview)
    assert (reply.text, reply.source, reply.model, reply.move.point) == (PROBE, "plain", None, "clarify-amber")
    assert kinds(interviewer, interview) == ["started", "said", "answered", "assessed", "said"]


async def test_the_board_is_kept_with_the_answer(make: Callable[..., Interviewer]) -> None:
    interviewer = make()
    interview = await interviewer.begin(SETUP)
    board = {"nodes": [{"id": "c0", "label": "Queue"}], "edges": []}
    await said(interviewer.answer(interview, ANSWER, board))
    answer = next(e for e in interviewer.store.events(interview) if isinstance(e, Answered))
    assert answer.board == board


async def test_what_is_newly_drawn_is_read_and_nothing_else(make: Callable[..., Interviewer]) -> None:
    reader = BoardReader()
    interviewer = make(reader)
    interview = await interviewer.begin(SETUP)
    first, second = drawing("a[A] --> b[B]"), drawing("a[A] --> b[B]\nb -->|daily| c[C]")
    for board in (first, None, first, second, {}):
        await said(interviewer.answer(interview, ANSWER, board))
    assert reader.given == [("A (service) -> B (service)",), ("B (service) -> C (service): daily",)]
    turns = interviewer.view(interview).turns
    marks = {mark.point: (mark.source, mark.quote) for mark in interviewer.scorecard(interview).marks}
    assert marks == {"clarify-amber": ("board", "A (service) -> B (service)")}
    assert [lines(turn.board) for turn in turns[1::2]][3] == (*reader.given[0], *reader.given[1])


BAD_BOARDS = {
    "no board": {"nodes": "none", "edges": {"a": 1}},
    "a lone surrogate": {"nodes": [{"id": "a", "kind": "model", "label": "A\ud800"}]},
    "no number": {"nodes": [{"id": "a", "kind": "model", "label": "A", "x": float("nan")}]},
    "no JSON": {"nodes": [{"id": "a", "kind": "model", "label": "A", "x": object()}]},
    "a very large one": {"nodes": [{"id": f"n{n}", "label": "x" * 5_000} for n in range(5_000)]},
}


@pytest.mark.parametrize("board", BAD_BOARDS.values(), ids=BAD_BOARDS)
async def test_a_bad_board_costs_nobody_a_turn(make: Callable[..., Interviewer], board: dict[str, Any]) -> None:
    interviewer = make(BoardReader())
    interview = await interviewer.begin(SETUP)
    await said(interviewer.answer(interview, ANSWER, board))
    assert_orderly(interviewer, interview)
    assert degraded(interviewer, interview) == []
    assert interviewer.view(interview).board == Board.of(board)


async def test_an_unknown_problem_is_a_usage_error_that_lists_what_there_is(make: Callable[..., Interviewer]) -> None:
    interviewer = make()
    with pytest.raises(UsageError, match=r"'no-such'.*tiny"):
        await interviewer.begin(Setup(problem="no-such"))
    assert interviewer.store.entries("local") == []


async def test_after_the_end_nothing_is_recorded(make: Callable[..., Interviewer]) -> None:
    interviewer = make()
    interview = await interviewer.begin(SETUP)
    for _ in range(2):  # the close, and the debrief
        await said(interviewer.request(interview, Request.FINISH))
    events = interviewer.store.events(interview)
    assert isinstance(events[-1], Ended)
    with pytest.raises(UsageError, match="over"):
        await said(interviewer.answer(interview, "One more thing."))
    with pytest.raises(UsageError, match="over"):
        await said(interviewer.request(interview, Request.HINT))
    assert interviewer.store.events(interview) == events


# --- nothing said is lost, nothing is said twice ----------------------------------------------------------------------


async def test_an_answer_is_durable_before_anything_is_done_with_it(make: Callable[..., Interviewer]) -> None:
    seen: list[list[Event]] = []
    elsewhere = make()
    interview = await elsewhere.begin(SETUP)
    reader = TellingReader(on_read=lambda: seen.append(elsewhere.store.events(interview)))
    await said(make(reader).answer(interview, ANSWER))
    assert isinstance(seen[0][-1], Answered)
    assert seen[0][-1].text == ANSWER


CRASHES: dict[str, dict[str, Any]] = {
    "while the answer is read": {"reader": TellingReader(on_read=die)},
    "before the first word": {"model": DyingModel()},
    "in mid-sentence": {"model": DyingModel("So you start ", "with")},
    "after a sentence was shown": {"model": DyingModel("So you start with the users. ", "And ")},
    "after the whole question was shown": {"model": DyingModel(f"So the users come first. {PROBE} ")},
    "of a small model": {"model": DyingModel("So you ", small=True)},
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
async def test_a_turn_that_a_crash_left_open_is_completed_once(
    make: Callable[..., Interviewer], crash: dict[str, Any]
) -> None:
    interview = await make().begin(SETUP)
    with pytest.raises(Killed):
        await said(make(**crash).answer(interview, ANSWER))
    fresh = make()
    assert (await said(fresh.resume(interview)))[-1] == PROBE
    assert_orderly(fresh, interview)
    assert [turn.text for turn in fresh.view(interview).turns[1:]] == [ANSWER, PROBE]
    events = fresh.store.events(interview)
    assert await said(fresh.resume(interview)) == []
    assert fresh.store.events(interview) == events


async def test_an_answer_after_a_crash_finds_the_open_turn_completed_first(make: Callable[..., Interviewer]) -> None:
    interview = await make().begin(SETUP)
    with pytest.raises(Killed):
        await said(make(TellingReader(on_read=die)).answer(interview, ANSWER))
    fresh = make()
    await said(fresh.answer(interview, "And then we measure something."))
    assert_orderly(fresh, interview)
    answers = [turn.text for turn in fresh.view(interview).turns if turn.who == "candidate"]
    assert answers == [ANSWER, "And then we measure something."]


async def test_a_button_that_a_crash_left_unanswered_is_answered(make: Callable[..., Interviewer]) -> None:
    interview = await make().begin(SETUP)
    await said(make().answer(interview, ANSWER))
    with pytest.raises(Killed):
        await said(make(model=DyingModel()).request(interview, Request.NEXT))
    fresh = make()
    await said(fresh.resume(interview))
    assert last_said(fresh, interview).move.kind is MoveKind.ADVANCE
    assert await said(fresh.resume(interview)) == []


async def test_a_reader_who_leaves_in_mid_reply_finds_it_complete(make: Callable[..., Interviewer]) -> None:
    """A closed tab closes the stream; the turn is open then, not lost."""
    interviewer = make(model=Scripted(["So the users come first. " + PROBE]))
    interview = await interviewer.begin(SETUP)
    stream = interviewer.answer(interview, ANSWER)
    assert await anext(stream) == "So the users come first."
    await stream.aclose()  # type: ignore[attr-defined]
    fresh = make()
    assert (await said(fresh.resume(interview)))[-1] == PROBE
    assert_orderly(fresh, interview)


# --- two windows ------------------------------------------------------------------------------------------------------


class Overtaken(Store):
    """A store in which somebody else writes just before this window's next write."""

    rival: Sequence[Event] = ()

    def append(self, interview: str, after: int, events: Sequence[Event]) -> int:
        rival, self.rival = self.rival, ()
        if rival:
            super().append(interview, len(self.events(interview)) - 1, rival)
        return super().append(interview, after, events)


async def test_the_second_of_two_windows_gets_a_conflict_and_writes_nothing(make: Callable[..., Interviewer]) -> None:
    interviewer = make(store=Overtaken)
    interview = await interviewer.begin(SETUP)
    interviewer.store.rival = [Answered(when=START, turn=2, text="I was first.")]  # type: ignore[attr-defined]
    with pytest.raises(Conflict, match="another window"):
        await said(interviewer.answer(interview, "I was second."))
    await said(interviewer.resume(interview))
    assert_orderly(interviewer, interview)
    answers = [turn.text for turn in interviewer.view(interview).turns if turn.who == "candidate"]
    assert answers == ["I was first."]


async def test_two_windows_that_reply_at_once_say_one_thing(make: Callable[..., Interviewer]) -> None:
    interview = await make().begin(SETUP)
    with pytest.raises(Killed):
        await said(make(TellingReader(on_read=die)).answer(interview, ANSWER))
    windows = [said(make().resume(interview)) for _ in range(2)]
    outcomes = await asyncio.gather(*windows, return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) <= 1
    assert all(isinstance(outcome, Conflict | list) for outcome in outcomes)
    fresh = make()
    assert_orderly(fresh, interview)
    assert len(fresh.view(interview).turns) == 3


async def test_late_facts_are_no_conflict_for_the_next_answer(make: Callable[..., Interviewer]) -> None:
    interviewer = make(store=Overtaken)
    interview = await interviewer.begin(SETUP)
    await said(interviewer.answer(interview, ANSWER))
    cell = shown("frame-amber", ANSWER)
    late: list[Event] = [
        Assessed(when=START, turn=2, by="model", reader="slow", cells=(cell,)),
        Degraded(when=START, turn=2, what="assessment", why="it was slow"),
    ]
    interviewer.store.rival = late  # type: ignore[attr-defined]
    await said(interviewer.answer(interview, "Next I would look at the users."))
    assert_orderly(interviewer, interview)
    assert len(interviewer.view(interview).turns) == 5
    assert "frame-amber" in interviewer.view(interview).shown


async def test_late_facts_are_no_conflict_for_a_reply_or_a_button(make: Callable[..., Interviewer]) -> None:
    interview = await make().begin(SETUP)
    with pytest.raises(Killed):
        await said(make(model=DyingModel()).answer(interview, ANSWER))
    interviewer = make(store=Overtaken)
    late = Assessed(when=START, turn=2, by="model", reader="slow", cells=(shown("frame-amber", ANSWER),))
    interviewer.store.rival = [late]  # type: ignore[attr-defined]
    await said(interviewer.resume(interview))
    interviewer.store.rival = [late]  # type: ignore[attr-defined]
    await said(interviewer.request(interview, Request.NEXT))
    assert last_said(interviewer, interview).move.kind is MoveKind.ADVANCE


# --- a reader or an index that fails ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", [None, Scripted(["What now? "]), Scripted(["So."], small=True)], ids=["no", "large", "small"]
)
async def test_a_reader_that_raises_does_not_stop_the_interview(
    make: Callable[..., Interviewer], model: Model | None
) -> None:
    interviewer = make(BrokenReader(), model=model)
    interview = await interviewer.begin(SETUP)
    growing = await said(interviewer.answer(interview, ANSWER))
    assert growing[-1].endswith("?")
    assert ("reader", "RuntimeError: the weights are gone") in degraded(interviewer, interview)
    assert_orderly(interviewer, interview)
    assert interviewer.scorecard(interview).marks == ()


async def test_what_nothing_could_read_is_held_against_nobody(make: Callable[..., Interviewer]) -> None:
    interviewer = make(BrokenReader())
    interview = await interviewer.begin(SETUP)
    for _ in range(3):
        await said(interviewer.answer(interview, ANSWER))
    await said(interviewer.request(interview, Request.FINISH))
    card = interviewer.scorecard(interview)
    assert card.overall == 0
    assert card.not_assessed
    assert all(one.quote in ANSWER for one in card.not_assessed)
    assert card.range.high > card.overall
    assert not any(cap.id == "objective-late" for cap in card.caps)


async def test_without_a_reader_the_interview_runs_and_scores_nothing(make: Callable[..., Interviewer]) -> None:
    interviewer = make(model=Scripted([REWORDED]))
    interviewer.reader = None
    interviewer.wording = Wording(interviewer.library.stages, interviewer.model, None)
    interview = await interviewer.begin(SETUP)
    assert (await said(interviewer.answer(interview, ANSWER)))[-1] == PROBE, "a wording that nobody could check"
    assert [what for what, _ in degraded(interviewer, interview)] == ["reader"]


class BrokenFinder:
    def passages(self, query: str, *, problem: str | None = None, limit: int = 3) -> Sequence[Any]:
        raise RuntimeError("the index is gone")


async def test_a_finder_that_raises_costs_a_citation_only(make: Callable[..., Interviewer]) -> None:
    interviewer = make(finder=BrokenFinder())
    interview = await interviewer.begin(SETUP)
    assert (await said(interviewer.answer(interview, ANSWER)))[-1] == PROBE
    assert degraded(interviewer, interview) == [("retrieval", "RuntimeError: the index is gone")]
    assert last_said(interviewer, interview).passages == ()


async def test_a_point_that_the_problem_no_longer_has_counts_for_nothing(make: Callable[..., Interviewer]) -> None:
    """A coach may edit a problem between two sittings of an interview about it."""
    gone = [shown("clarify-gone", ANSWER), shown("clarify-lost", ANSWER, state="unsure")]
    interviewer = make(TellingReader(*gone, shown("frame-amber", ANSWER)))
    interview = await interviewer.begin(SETUP)
    assert (await said(interviewer.answer(interview, ANSWER)))[-1].endswith("?")
    card = interviewer.scorecard(interview)
    assert ([mark.point for mark in card.marks], card.not_assessed) == (["frame-amber"], ())


async def test_an_answer_to_a_challenge_gets_no_bonus_for_its_point(make: Callable[..., Interviewer]) -> None:
    asked: list[Any] = []

    class Noting(TellingReader):
        def read(self, problem: Any, text: str, **context: Any) -> Any:
            asked.append(context["asked"])
            return super().read(problem, text, **context)

    interviewer = make(Noting())
    interview = await interviewer.begin(SETUP)
    for text in (ANSWER, "The amber data is free. Everyone knows that.", "I still think it is fine."):
        await said(interviewer.answer(interview, text))
    kinds_ = [move.kind for move in interviewer.view(interview).moves]
    assert kinds_[1:3] == [MoveKind.PROBE, MoveKind.CHALLENGE]
    assert asked[1] is not None
    assert asked[2] is None
