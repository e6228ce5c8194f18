"""Folds the events of an interview into the view that everything else is computed from. PURE.

`fold(events, problem)` depends on the events alone: folding the same list again, or folding it after late assessments
arrived in another order, gives the same view.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from agent.board import Board, changed
from agent.claims import Claim, Commitment, commitments, insists, retracts
from agent.clock import heard, turn_minutes
from agent.conflicts import conflicts
from agent.events import (
    Answered,
    Assessed,
    Cell,
    Degraded,
    Ended,
    Event,
    Move,
    MoveKind,
    Promptedness,
    Requested,
    Said,
    Setup,
    Started,
)
from agent.inbound import Inbound, inbound
from agent.ledger import Entry, entries
from agent.misconceptions import misconceptions
from agent.view import TOUCHED, Evidence, Latest, Outcome, Turn, View
from knowledge.schema import Problem, StageId

UNREAD = "none"
"""Name of the reader of an answer that nothing could read."""
PASSES_OVER = frozenset({MoveKind.HOLD, MoveKind.TELL, MoveKind.THROW_BACK, MoveKind.STEER})
"""Moves that answer something else first, so that a claim of the same turn is put one turn later."""
MAYBE_ARGUED = 0.2
"""Least probability of an exception from which a claim is not held against anybody."""


def started_of(events: Sequence[Event]) -> Started:
    """How it began. Raises ValueError when the first event is not `started`."""
    if not events or not isinstance(events[0], Started):
        raise ValueError("a transcript begins with a `started` event")
    return events[0]


def setup_of(events: Sequence[Event]) -> Setup:
    """What was chosen at the start. Raises ValueError when the first event is not `started`."""
    return started_of(events).setup


def fold(events: Sequence[Event], problem: Problem) -> View:
    """The view after all of `events`. Raises ValueError for a list that no interview can produce."""
    readings = sorted((e for e in events if isinstance(e, Assessed)), key=lambda e: (e.by == "model", e.when))
    state = _Fold(started_of(events), problem, _assessed(readings))
    state.facts = {e.turn: e.facts for e in readings if e.facts}
    state.heard = {e.turn: e.heard for e in readings if e.heard}
    local = [event for event in readings if event.by == "matcher"]
    state.unread = {e.turn for e in local if e.reader == UNREAD} - {e.turn for e in local if e.reader != UNREAD}
    state.claimed = {e.turn: e.claimed for e in readings if e.claimed}
    for event in events[1:]:
        state.apply(event)
    return state.view()


def _assessed(readings: Iterable[Assessed]) -> dict[int, dict[str, tuple[Cell, Literal["matcher", "model"]]]]:
    """Per turn and point the reading that counts: the last one, of `readings` in the order of their authority."""
    best: dict[int, dict[str, tuple[Cell, Literal["matcher", "model"]]]] = {}
    for event in readings:
        cells = best.setdefault(event.turn, {})
        for cell in event.cells:
            cells[cell.point] = (cell, event.by)
    return best


class _Fold:
    """The view under construction; mutable, private, and gone when `fold` returns."""

    def __init__(
        self,
        started: Started,
        problem: Problem,
        assessed: dict[int, dict[str, tuple[Cell, Literal["matcher", "model"]]]],
    ):
        self.setup = started.setup
        self.parent = started.parent
        self.rewound = started.parent.moments if started.parent else {}
        self.ended_at = started.when
        self.problem = problem
        self.targets = tuple(cue for ball in problem.curveballs for cue in ball.targets)
        self.assessed = assessed
        self.points = frozenset(point.id for point in problem.points)
        self.facts: dict[int, tuple[str, ...]] = {}
        self.heard: dict[int, tuple[Cell, ...]] = {}
        self.claimed: dict[int, tuple[Cell, ...]] = {}
        self.unread: set[int] = set()
        self.curveball_cells: list[Cell] = []
        self.turns: list[Turn] = []
        self.elapsed = 0.0
        self.stage = StageId.CLARIFY
        self.entered: dict[StageId, float] = {}
        self.evidence: list[Evidence] = []
        self.unsure: dict[str, Cell] = {}
        self.rungs: dict[str, int] = {}
        self.deepened: set[str] = set()
        self.challenged: dict[tuple[str, int], int] = {}
        self.held: set[tuple[str, int]] = set()
        self.conceded: set[tuple[str, int]] = set()
        self.curveballs: list[str] = []
        self.told: set[str] = set()
        self.thrown_back: set[str] = set()
        self.commitments: list[Commitment] = []
        self.claims: list[Claim] = []
        self.record: list[Entry] = []
        self.moves: list[Move] = []
        self.board = Board()
        self.latest = Latest()
        self.stalls = 0
        self.dry = 0
        self.closing = False
        self.degraded: list[Degraded] = []
        self.ended = False
        self.left = False

    def apply(self, event: Event) -> None:
        match event:
            case Answered():
                self._answered(event)
            case Requested():
                self._requested(event)
            case Said():
                self._said(event)
            case Degraded():
                self.degraded.append(event)
            case Ended():
                self.ended = True
                self.left = event.reason == "left"
            case Assessed():
                pass  # gathered beforehand: it may arrive at any time
            case Started():
                raise ValueError("a transcript has exactly one `started` event")

    def view(self) -> View:
        return View(
            setup=self.setup,
            problem=self.problem,
            turns=tuple(self.turns),
            elapsed=self.elapsed,
            stage=self.stage,
            entered=dict(self.entered),
            evidence=tuple(self.evidence),
            unsure={p: c for p, c in self.unsure.items() if p not in {e.point for e in self.evidence}},
            curveball_cells=tuple(self.curveball_cells),
            rungs=dict(self.rungs),
            deepened=frozenset(self.deepened),
            challenged=dict(self.challenged),
            held=frozenset(self.held),
            conceded=frozenset(self.conceded),
            curveballs=tuple(self.curveballs),
            told=frozenset(self.told),
            thrown_back=frozenset(self.thrown_back),
            commitments=tuple(self.commitments),
            claims=tuple(self.claims),
            record=tuple(self.record),
            conflicts=conflicts(self.record),
            moves=tuple(self.moves),
            board=self.board,
            latest=self.latest,
            stalls=self.stalls,
            dry=self.dry,
            pending=tuple(t.n for t in self.turns if t.who == "candidate" and t.scored and t.n not in self.assessed),
            settled=frozenset(
                (turn, point)
                for turn, cells in self.assessed.items()
                for point, (_, by) in cells.items()
                if by == "model"
            ),
            unread=frozenset(self.unread),
            degraded=tuple(self.degraded),
            ended=self.ended,
            left=self.left,
            parent=self.parent,
        )

    def _expect(self, turn: int) -> None:
        if turn != len(self.turns) + 1:
            raise ValueError(f"turn {turn} follows turn {len(self.turns)}")

    def _pass(self, event: Answered | Said) -> None:
        self.elapsed += turn_minutes(
            self.setup.clock,
            candidate=isinstance(event, Answered),
            text=event.text,
            since=max(self.ended_at, self.rewound.get(event.turn, self.ended_at)),
            until=event.when,
        )
        if self.setup.clock is not self.setup.clock.UNTIMED:
            self.elapsed = min(self.elapsed, self.setup.minutes)
        self.ended_at = event.when

    def _answered(self, event: Answered) -> None:
        self._expect(event.turn)
        began = self.elapsed
        self._pass(event)
        cells = self._cells(event.turn)
        flags = inbound(event.text)
        before, self.board = self.board, self.board if event.board is None else Board.of(event.board)
        gained = () if self.closing else self._credit(event.turn, cells)
        read = self.claimed.get(event.turn, ())
        claims = () if self.closing else misconceptions(self.problem, event.turn, heard(event.text), read)
        outcome: Outcome = ""
        waiting: tuple[Claim, ...] = ()
        if not self.closing:
            outcome = self._outcome(event, cells, claims)
            heard_now = self.heard.get(event.turn, ())
            self.curveball_cells.extend(c for c in heard_now if c.point.partition("/")[0] in self.curveballs)
            waiting = self._waiting(event.text, cells)
            self.claims.extend(claims)
            self.commitments.extend(commitments(event.turn, heard(event.text), self.targets))
            self.record.extend(entries(event.turn, heard(event.text)))
        self.latest = Latest(
            turn=event.turn,
            text=event.text,
            inbound=flags,
            shown=tuple(c.point for c, _ in cells if c.state == "shown"),
            gained=gained,
            unsure=tuple(c.point for c, _ in cells if c.state == "unsure"),
            touched=tuple(c.point for c, _ in cells if c.state == "unsure" and c.probability >= TOUCHED),
            facts=self.facts.get(event.turn, ()),
            claims=claims,
            waiting=waiting,
            outcome=outcome,
            drew=bool(changed(before, self.board)),
        )
        self._count_yield(flags)
        self.turns.append(
            Turn(
                n=event.turn,
                who="candidate",
                text=event.text,
                at=began,
                cells=tuple(cell for cell, _ in cells),
                scored=not self.closing,
                board=self.board,
            )
        )

    def _cells(self, turn: int) -> list[tuple[Cell, Literal["matcher", "model"]]]:
        """Readings of points that the problem still has: its author may have taken one out since."""
        read = (pair for point, pair in self.assessed.get(turn, {}).items() if point in self.points)
        return sorted(read, key=lambda pair: pair[0].point)

    def _credit(self, turn: int, cells: list[tuple[Cell, Literal["matcher", "model"]]]) -> tuple[str, ...]:
        """Adds this turn's evidence; returns the points that it shows for the first time or deeper than before."""
        gained: list[str] = []
        depths = {e.point: e.depth for e in self.evidence}
        asked = self.deepened | {point for point, _ in self.challenged}
        for cell, by in cells:
            if cell.state == "unsure":
                known = self.unsure.get(cell.point)
                if known is None or cell.probability > known.probability:
                    self.unsure[cell.point] = cell
            if cell.state != "shown":
                continue
            if cell.point not in depths or cell.depth.rank > depths[cell.point].rank:
                gained.append(cell.point)
            rung = self.rungs.get(cell.point)
            if rung is None and cell.point in asked:
                rung = 0
            stamp = Promptedness.of(rung)
            one = Evidence(cell.point, cell.depth, cell.quote, turn, stamp, by, cell.probability, cell.source)
            self.evidence.append(one)
        return tuple(gained)

    def _outcome(
        self, event: Answered, cells: list[tuple[Cell, Literal["matcher", "model"]]], claims: tuple[Claim, ...]
    ) -> Outcome:
        """What became of the wrong claim that was just questioned, or of one that was stood by earlier.

        An answer that shows the point, or the exception under which the claim is right, is conceded to. One that may
        argue the exception is left alone. A claim that is repeated without either is held, so is one insisted on. One
        that was held is corrected by an answer that shows its point.
        """
        shown = {cell.point for cell, _ in cells if cell.state == "shown"}
        meant = {(claim.point, claim.index) for claim in claims if not claim.doubted and claim.point not in shown}
        repeated = (meant & self.challenged.keys()) - self.conceded
        self.held |= repeated
        corrected = {key for key in self.held - repeated if key[0] in shown}
        self.held -= corrected
        self.conceded |= corrected
        last = next((move for move in reversed(self.moves) if not move.waits), None)
        if last is None or last.kind is not MoveKind.CHALLENGE or last.point is None:
            return "corrected" if corrected else ""
        key = (last.point, last.misconception or 0)
        argued = {f"{key[0]}/{key[1]}", last.point}
        said = (*self.heard.get(event.turn, ()), *(cell for cell, _ in cells))
        if any(cell.point in argued and cell.state == "shown" for cell in said):
            self.held.discard(key)
            self.conceded.add(key)
            return "conceded"
        if any(cell.point in argued and cell.probability >= MAYBE_ARGUED for cell in self.heard.get(event.turn, ())):
            self.held.discard(key)
            return ""
        if key in repeated or (insists(event.text) and not retracts(event.text)):
            self.held.add(key)
            return "held"
        return ""

    def _waiting(self, text: str, cells: list[tuple[Cell, Literal["matcher", "model"]]]) -> tuple[Claim, ...]:
        """Claims of the turn before that were doubted in it, or were not put because something else came first.

        Not those that this turn took back or whose point was shown.
        """
        shown = {cell.point for cell, _ in cells if cell.state == "shown"} | {one.point for one in self.evidence}
        last = next((turn.n for turn in reversed(self.turns) if turn.who == "candidate"), 0)
        passed = bool(self.moves) and self.moves[-1].kind in PASSES_OVER
        made = (c for c in self.claims if c.turn == last and (c.doubted or passed) and c.point not in shown)
        return () if retracts(text) else tuple(c for c in made if (c.point, c.index) not in self.challenged)

    def _count_yield(self, flags: Inbound) -> None:
        silent = (flags.blank and not self.latest.drew) or flags.stall or flags.unreadable or flags.foreign
        self.stalls = self.stalls + 1 if silent else 0
        fruitful = self.latest.gained or self.latest.touched or flags.questions or flags.thinking
        last = self.moves[-1].kind if self.moves else None
        if fruitful:
            self.dry = 0
        elif not flags.only_asks and last not in {MoveKind.CURVEBALL, MoveKind.CHALLENGE}:
            self.dry += 1

    def _requested(self, event: Requested) -> None:
        self.latest = Latest(turn=self.latest.turn, text=self.latest.text, request=event.what)

    def _said(self, event: Said) -> None:
        self._expect(event.turn)
        move = event.move
        began = self.elapsed
        self._pass(event)
        if move.stage is not self.stage or move.stage not in self.entered:
            if move.stage is not self.stage:
                self.stalls = self.dry = 0
            self.stage = move.stage
            self.entered.setdefault(move.stage, began)
        request = self.latest.request
        self._note_move(move, event.turn)
        self.moves.append(move)
        self.latest = Latest(turn=self.latest.turn, text=self.latest.text, inbound=self.latest.inbound)
        self.turns.append(
            Turn(
                n=event.turn,
                who="interviewer",
                text=event.text,
                at=began,
                move=move,
                source=event.source,
                passages=event.passages,
                scored=not self.closing,
                request=request,
                board=self.board,
            )
        )

    def _note_move(self, move: Move, turn: int) -> None:
        match move.kind:
            case MoveKind.PROBE | MoveKind.HINT:
                if move.point:
                    self.rungs[move.point] = max(self.rungs.get(move.point, 0), move.rung)
            case MoveKind.DEEPEN:
                self.deepened.update([move.point] if move.point else [])
            case MoveKind.CHALLENGE:
                if move.point:  # one about the board has none
                    self.challenged[(move.point, move.misconception or 0)] = turn
            case MoveKind.CURVEBALL:
                self.curveballs.append(move.curveball or "")
            case MoveKind.TELL | MoveKind.OPEN:
                self.told.update(move.facts)
                self.thrown_back.update([move.back] if move.back else [])
            case MoveKind.THROW_BACK:
                self.thrown_back.update(move.facts)
            case MoveKind.CLOSE:
                self.closing = True
            case MoveKind.HOLD | MoveKind.STEER | MoveKind.ADVANCE | MoveKind.DEBRIEF:
                pass
