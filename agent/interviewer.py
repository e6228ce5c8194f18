"""One turn, the only place where pure and I/O meet.

    answer -> event -> local reading -> event -> policy -> passages -> words (streamed, guarded) -> event
    and then, while the candidate reads and types: the model decides what the reader was unsure of -> events

Nothing raises into the conversation: a failing model, index or reader becomes a `degraded` event and plain words.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from threading import Thread
from typing import Any, Protocol

from agent import assessor
from agent.board import Board, fresh, lines, storable
from agent.clock import Schedule, heard
from agent.coverage import READER, evidential
from agent.drawing import merged
from agent.errors import Conflict, ModelError, NotFound, StoreError, UsageError
from agent.events import (
    Answered,
    Assessed,
    Cell,
    Degraded,
    Ended,
    Event,
    Move,
    MoveKind,
    Request,
    Requested,
    Said,
    Setup,
    Started,
)
from agent.inbound import clean
from agent.models.port import Model
from agent.policy import next_moves
from agent.reader import Reader
from agent.rewind import forked
from agent.scorecard import Scorecard, Scoring
from agent.scoring import score
from agent.store import Store
from agent.transcript import UNREAD, fold, setup_of
from agent.view import Turn, View
from agent.wording import Wording, Words
from knowledge.library import Library, problem_hash
from knowledge.schema import Kind, Problem, StageId

VERSION = "0.1.0"
ASKS = frozenset({MoveKind.PROBE, MoveKind.HINT, MoveKind.DEEPEN})
"""Moves whose answer is likely to show their point. A challenge is not: its answer may defend the opposite."""
SETTLE_FAILURES = 2
"""Failures in a row after which the model is not asked about the remaining turns."""
ASSESSED_AT_ONCE = 24
"""Most items asked of a model per answer; the likeliest first."""


class Finder(Protocol):
    """What the interviewer needs of retrieval."""

    def passages(
        self, query: str, *, problem: str | None = None, kind: Kind | None = None, limit: int = 3
    ) -> Sequence[Any]: ...

    def warm(self) -> None: ...


def problem_of(library: Library, problem_id: str) -> Problem:
    """Raises UsageError for an unknown problem."""
    if problem_id not in library.problems:
        raise UsageError(f"There is no problem {problem_id!r}. There are: {', '.join(sorted(library.problems))}.")
    return library.problems[problem_id]


def _now() -> datetime:
    return datetime.now(UTC)


class Interviewer:
    """Runs interviews over one library and one store. Safe for many interviews at once in one event loop.

    Without a `fusion` the model is not asked about points: it was measured to be no help there.
    """

    def __init__(
        self,
        *,
        library: Library,
        scoring: Scoring,
        store: Store,
        reader: Reader | None,
        finder: Finder | None = None,
        model: Model | None = None,
        fusion: assessor.Fusion | None = assessor.FUSION,
        now: Callable[[], datetime] = _now,
    ):
        self.library = library
        self.scoring = scoring
        self.store = store
        self.reader = reader
        self.finder = finder
        self.model = model
        self.fusion = fusion
        self.wording = Wording(library.stages, model, reader)
        self._now = now

    # --- reading ---

    def problem(self, problem_id: str) -> Problem:
        """Raises UsageError for an unknown problem."""
        return problem_of(self.library, problem_id)

    def view(self, interview: str) -> View:
        return self._view(self.store.events(interview))

    def scorecard(self, interview: str) -> Scorecard:
        return self.score(self.view(interview))

    def score(self, view: View) -> Scorecard:
        return score(view, self.scoring, self.library.stages)

    def _view(self, events: Sequence[Event]) -> View:
        try:
            return fold(events, self.problem(setup_of(events).problem))
        except ValueError as error:
            raise StoreError(f"This interview's events do not fit together: {error}.") from None

    # --- the conversation ---

    async def begin(self, setup: Setup) -> str:
        """A new interview, opened: its first turn is said. Returns its id."""
        problem = self.problem(setup.problem)
        started = Started(when=self._now(), setup=setup, problem_hash=problem_hash(problem), version=VERSION)
        interview = self.store.create(started)
        self.prepare(problem)
        async for _ in self.resume(interview):
            pass
        return interview

    def rewind(self, interview: str, turn: int) -> str:
        """A new interview that shares what came before the answer of `turn`, and waits for another one; its id.

        Raises NotFound for a turn that nobody answered. The interview itself stays as it is, open or over.
        """
        events = self.store.events(interview)
        try:
            started, shared = forked(events, turn, interview=interview, when=self._now())
        except ValueError as error:
            raise NotFound(f"Interview {interview} cannot be rewound there: {error}") from None
        self.prepare(self.problem(setup_of(events).problem))
        return self.store.create(started, *shared)

    def prepare(self, problem: Problem) -> None:
        """Gets the reader ready in the background, while the candidate still thinks about the first answer."""
        reader = self.reader
        if reader is None:
            return

        def quietly() -> None:
            with contextlib.suppress(Exception):  # it is told where an answer goes unread
                reader.prepare(problem)

        Thread(target=quietly, name="prepare", daemon=True).start()

    async def answer(self, interview: str, text: str, board: dict[str, Any] | None = None) -> AsyncIterator[str]:
        """Records an utterance and yields the reply as it grows: each item is the whole text so far.

        Raises Conflict when somebody else answered first, UsageError when the interview is over.
        """
        events = self.store.events(interview)
        view = self._view(events)
        if view.ended:
            raise UsageError("This interview is over. Its scorecard is in the report.")
        if view.awaits_interviewer:
            async for _ in self.resume(interview):
                pass
            events = self.store.events(interview)
            view = self._view(events)
        answered = Answered(when=self._now(), turn=len(view.turns) + 1, text=clean(text), board=storable(board))
        self._append(interview, events, [answered])
        async for shown in self.resume(interview):
            yield shown

    async def request(self, interview: str, what: Request) -> AsyncIterator[str]:
        """A button: hint, repeat, next stage, finish. Yields like `answer`."""
        events = self.store.events(interview)
        if self._view(events).ended:
            raise UsageError("This interview is over. Its scorecard is in the report.")
        self._append(interview, events, [Requested(when=self._now(), what=what)])
        async for shown in self.resume(interview):
            yield shown

    async def resume(self, interview: str) -> AsyncIterator[str]:
        """Completes an open turn, whether just begun or left by a crash. Yields nothing when none is open."""
        events = self.store.events(interview)
        events = await self._read_answers(interview, events)
        view = self._view(events)
        if not view.awaits_interviewer:
            return
        move = next_moves(view, Schedule(self.library.stages, view.setup.minutes))[0]
        words = Words()
        began = time.monotonic()
        async for shown in self.wording.say(view, move, words):
            if words.first_ms is None:
                words.first_ms = round((time.monotonic() - began) * 1000)
            yield shown
        said = Said(
            when=self._now(),
            turn=len(view.turns) + 1,
            text=words.text,
            move=move,
            source=words.source,
            model=self.model.name if self.model and words.source == "model" else None,
            prompts=words.prompts,
            passages=await asyncio.to_thread(self._passages, view, move, words),
            first_token_ms=words.first_ms,
            total_ms=round((time.monotonic() - began) * 1000),
            prompt_tokens=words.prompt_tokens,
            completion_tokens=words.completion_tokens,
        )
        failed = [Degraded(when=said.when, turn=said.turn, what=what, why=why) for what, why in words.failures]
        ended = [Ended(when=said.when)] if move.kind is MoveKind.DEBRIEF else []
        self._append(interview, events, [*failed, said, *ended])

    async def settle(self, interview: str, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Lets the model decide what is still unsure. Cancel it at any time: what was decided is kept.

        A turn on which the model fails is passed over; a second failure in a row ends the attempt.
        """
        if self.model is None:
            return
        view = self.view(interview)
        failures = 0
        work = _open_items(view) if self.fusion else []
        for done, (turn, cells) in enumerate(work):
            progress(done, len(work))
            try:
                await self._assess(self.model, interview, view.problem, turn, cells)
                failures = 0
            except ModelError as error:
                failed = Degraded(when=self._now(), turn=turn.n, what="assessment", why=str(error))
                self._append(interview, self.store.events(interview), [failed])
                failures += 1
            if failures == SETTLE_FAILURES:
                return
        if not view.ended:
            await self.wording.prime(view)

    # --- steps of a turn ---

    async def _read_answers(self, interview: str, events: list[Event]) -> list[Event]:
        """Reads every candidate turn that nothing has read yet, with the local reader."""
        view = self._view(events)
        for number in view.pending:
            turn = view.turns[number - 1]
            assessed = await asyncio.to_thread(self._read_one, view, turn)
            events = self._append(interview, events, assessed)
        return events

    def _read_one(self, view: View, turn: Turn) -> list[Event]:
        before = view.turns[turn.n - 2] if turn.n >= 2 else None
        asked = before.move.point if before and before.move and before.move.kind in ASKS else None
        question = before.text if before else ""
        here = before.move.stage if before and before.move else None
        try:
            if self.reader is None:
                raise RuntimeError("no embedding weights")
            cells = self.reader.read(view.problem, turn.text, asked=asked, here=here, question=question)
            if new := fresh(before.board if before else Board(), turn.board):
                drawn = self.reader.read_board(view.problem, new, asked=asked, here=here, question=question)
                cells = merged(cells, drawn)
            facts = self.reader.facts_asked(view.problem, turn.text)
            listened = self._listened_for(view, turn)
            claimed = self.reader.claims(view.problem, turn.text)
        except Exception as error:  # a reader must never stop an interview
            when, why = self._now(), f"{type(error).__name__}: {error}"
            cells, listened = unread(view, turn, asked, here), unheard(view, turn)
            known = Assessed(when=when, turn=turn.n, by="matcher", reader=UNREAD, cells=cells, heard=listened)
            return [Degraded(when=when, turn=turn.n, what="reader", why=why), known]
        return [
            Assessed(
                when=self._now(),
                turn=turn.n,
                by="matcher",
                reader=READER,
                cells=cells,
                facts=facts,
                heard=listened,
                claimed=claimed,
            )
        ]

    def _listened_for(self, view: View, turn: Turn) -> tuple[Cell, ...]:
        """What the moves before the answer make worth hearing beside the points.

        A changed constraint may be met one answer late: who is still arguing finishes the sentence first.
        """
        moves = [one for one in view.turns[: turn.n - 1] if one.move and not one.move.waits][-2:]
        late = [one for one in moves[:-1] if one.move and one.move.kind is MoveKind.CURVEBALL]
        return tuple(
            cell for before in (*moves[-1:], *late) for cell in self._heard_of(before, view.problem, turn.text)
        )

    def _heard_of(self, before: Turn, problem: Problem, text: str) -> tuple[Cell, ...]:
        wanted = statements_after(before.move, problem) if before.move else {}
        if not wanted or self.reader is None or before.move is None:
            return ()
        if before.move.kind is MoveKind.CHALLENGE:
            argued = ((name, self.reader.excepted(one, text, before.text)) for name, one in wanted.items())
            return tuple(cell.model_copy(update={"point": name}) for name, cell in argued)
        found = self.reader.shows(tuple(wanted.values()), text, before.text)
        names = tuple(wanted)
        return tuple(cell.model_copy(update={"point": names[int(cell.point)]}) for cell in found)

    def _passages(self, view: View, move: Move, words: Words) -> tuple[str, ...]:
        """Ids of the notes behind a move about a point; the report names those of points that stayed open."""
        if self.finder is None or move.point is None:
            return ()
        try:
            query = view.problem.point(move.point).statement
            hits = self.finder.passages(query, problem=view.problem.id, limit=2)
        except Exception as error:  # a note less, never a turn less
            words.failures.append(("retrieval", f"{type(error).__name__}: {error}"))
            return ()
        return tuple(hit.passage.id for hit in hits)

    # --- what is decided late ---

    async def _assess(self, model: Model, interview: str, problem: Problem, turn: Turn, cells: list[Cell]) -> None:
        decided: list[Cell] = []
        try:
            fusion = self.fusion or assessor.FUSION
            for source, answer in (("words", turn.text), ("board", "\n".join(lines(turn.board)))):
                asked = [cell for cell in cells if cell.source == source]
                async for cell in assessor.assess(model, problem, answer, asked, fusion):
                    decided.append(cell)
        finally:
            if decided:
                late = Assessed(when=self._now(), turn=turn.n, by="model", reader=model.name, cells=tuple(decided))
                self._append(interview, self.store.events(interview), [late])

    def _append(self, interview: str, known: list[Event], events: Sequence[Event]) -> list[Event]:
        """Appends, also when late facts arrived meanwhile; raises Conflict when the conversation itself went on."""
        while True:
            try:
                self.store.append(interview, len(known) - 1, events)
                return [*known, *events]
            except Conflict:
                current = self.store.events(interview)
                if any(not isinstance(e, Assessed | Degraded) for e in current[len(known) :]):
                    raise
                known = current


def statements_after(move: Move, problem: Problem) -> dict[str, str]:
    """What the answer to a move may say beside the points, by the name it gets in `Assessed.heard`."""
    if move.kind is MoveKind.CURVEBALL:
        ball = next((ball for ball in problem.curveballs if ball.id == move.curveball), None)
        return {f"{ball.id}/{n}": line for n, line in enumerate(ball.good)} if ball else {}
    if move.kind is MoveKind.CHALLENGE and move.point:
        wrong = problem.point(move.point).misconceptions[move.misconception or 0]
        return {f"{move.point}/{move.misconception or 0}": wrong.unless} if wrong.unless else {}
    return {}


OPEN_ASKED, OPEN = 0.5, 0.15
"""Probabilities of the point that was asked for, and of the others of its stage, in an answer that nothing could read:
set by hand; they only spread the range in which a score is likely."""


def unread(view: View, turn: Turn, asked: str | None, here: StageId | None) -> tuple[Cell, ...]:
    """Cells of an answer that nothing here can read: what it may show stays open, for a model or for nobody."""
    said, stage = evidential(heard(turn.text)), here or StageId.CLARIFY
    may_show = (p.id for p in view.problem.points if view.problem.stage_of(p.id) is stage or p.id == asked)
    return tuple(
        Cell(point=point, state="unsure", quote=said[0], probability=OPEN_ASKED if point == asked else OPEN)
        for point in may_show
        if said
    )


def unheard(view: View, turn: Turn) -> tuple[Cell, ...]:
    """The same of what the move before the answer makes worth hearing."""
    said = evidential(heard(turn.text))
    before = next((one.move for one in reversed(view.turns[: turn.n - 1]) if one.move and not one.move.waits), None)
    wanted = statements_after(before, view.problem) if before and said else {}
    return tuple(Cell(point=name, state="unsure", quote=said[0], probability=OPEN_ASKED) for name in wanted)


def _open_items(view: View) -> list[tuple[Turn, list[Cell]]]:
    """Per turn the unsure cells of points that nothing shows yet and no model was asked about, likeliest first."""
    shown = view.shown
    work = []
    for turn in view.turns:
        cells = [c for c in turn.cells if c.state == "unsure" and c.point not in shown]
        cells = [c for c in cells if (turn.n, c.point) not in view.settled]
        if cells and turn.scored:
            work.append((turn, sorted(cells, key=lambda c: -c.probability)[:ASSESSED_AT_ONCE]))
    return work
