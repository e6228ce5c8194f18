"""Folds the events of an interview into the view that everything else is computed from. PURE.

`fold(events, problem)` depends on the events alone: folding the same list again, or folding it after late assessments
arrived in another order, gives the same view.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from agent.claims import Claim, Commitment, commitments, misconceptions
from agent.clock import heard, turn_minutes
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
from agent.view import TOUCHED, Evidence, Latest, Turn, View
from knowledge.schema import Problem, StageId


def setup_of(events: Sequence[Event]) -> Setup:
    """What was chosen at the start. Raises ValueError when the first event is not `started`."""
    if not events or not isinstance(events[0], Started):
        raise ValueError("a transcript begins with a `started` event")
    return events[0].setup


def fold(events: Sequence[Event], problem: Problem) -> View:
    """The view after all of `events`. Raises ValueError for a list that no interview can produce."""
    readings = sorted((e for e in events if isinstance(e, Assessed)), key=lambda e: (e.by == "model", e.when))
    state = _Fold(setup_of(events), problem, _assessed(readings))
    state.facts = {e.turn: e.facts for e in readings if e.facts}
    state.ended_at = events[0].when
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
        setup: Setup,
        problem: Problem,
        assessed: dict[int, dict[str, tuple[Cell, Literal["matcher", "model"]]]],
    ):
        self.setup = setup
        self.problem = problem
        self.targets = tuple(cue for ball in problem.curveballs for cue in ball.targets)
        self.assessed = assessed
        self.points = frozenset(point.id for point in problem.points)
        self.facts: dict[int, tuple[str, ...]] = {}
        self.ended_at: datetime
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
        self.curveballs: list[str] = []
        self.told: set[str] = set()
        self.thrown_back: set[str] = set()
        self.commitments: list[Commitment] = []
        self.claims: list[Claim] = []
        self.moves: list[Move] = []
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
            rungs=dict(self.rungs),
            deepened=frozenset(self.deepened),
            challenged=dict(self.challenged),
            held=frozenset(self.held),
            curveballs=tuple(self.curveballs),
            told=frozenset(self.told),
            thrown_back=frozenset(self.thrown_back),
            commitments=tuple(self.commitments),
            claims=tuple(self.claims),
            moves=tuple(self.moves),
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
            degraded=tuple(self.degraded),
            ended=self.ended,
            left=self.left,
        )

    def _expect(self, turn: int) -> None:
        if turn != len(self.turns) + 1:
            raise ValueError(f"turn {turn} follows turn {len(self.turns)}")

    def _pass(self, event: Answered | Said) -> None:
        self.elapsed += turn_minutes(
            self.setup.clock,
            candidate=isinstance(event, Answered),
            text=event.text,
            since=self.ended_at,
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
        gained = () if self.closing else self._credit(event.turn, cells)
        claims = () if self.closing else misconceptions(self.problem, event.turn, heard(event.text))
        if not self.closing:
            self._hold_claims(claims)
            self.claims.extend(claims)
            self.commitments.extend(commitments(event.turn, heard(event.text), self.targets))
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
            self.evidence.append(Evidence(cell.point, cell.depth, cell.quote, turn, stamp, by, cell.probability))
        return tuple(gained)

    def _hold_claims(self, claims: tuple[Claim, ...]) -> None:
        """A claim repeated in the answer to its challenge is held."""
        for claim in claims:
            if (claim.point, claim.index) in self.challenged:
                self.held.add((claim.point, claim.index))

    def _count_yield(self, flags: Inbound) -> None:
        silent = flags.blank or flags.stall or flags.unreadable or flags.foreign
        self.stalls = self.stalls + 1 if silent else 0
        fruitful = self.latest.gained or self.latest.touched or flags.questions or flags.thinking
        self.dry = 0 if fruitful else self.dry + 1

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
            )
        )

    def _note_move(self, move: Move, turn: int) -> None:
        match move.kind:
            case MoveKind.PROBE | MoveKind.HINT:
                if move.point:
                    self.rungs[move.point] = max(self.rungs.get(move.point, 0), move.rung)
            case MoveKind.DEEPEN:
                self.deepened.add(move.point or "")
            case MoveKind.CHALLENGE:
                self.challenged[(move.point or "", move.misconception or 0)] = turn
            case MoveKind.CURVEBALL:
                self.curveballs.append(move.curveball or "")
            case MoveKind.TELL:
                self.told.update(move.facts)
                self.thrown_back.update([move.back] if move.back else [])
            case MoveKind.THROW_BACK:
                self.thrown_back.update(move.facts)
            case MoveKind.CLOSE:
                self.closing = True
            case MoveKind.OPEN | MoveKind.HOLD | MoveKind.STEER | MoveKind.ADVANCE | MoveKind.DEBRIEF:
                pass
