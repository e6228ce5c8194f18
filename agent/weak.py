"""What a candidate keeps missing: outcomes of points over interviews that are over. PURE: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.events import Promptedness
from agent.scorecard import Scorecard
from knowledge.schema import Level, Point, Problem


class Outcome(StrEnum):
    """What became of a point that the target level looks for."""

    UNPROMPTED = "unprompted"
    ASKED = "asked"
    HINTED = "hinted"
    NOT_ASSESSED = "not-assessed"
    NOT_SHOWN = "not-shown"

    @property
    def weak(self) -> bool:
        return self in (Outcome.HINTED, Outcome.NOT_SHOWN)


@dataclass(frozen=True)
class Past:
    """One interview that is over. `when` it ended; `origin` is the interview that it goes back to, or its own id."""

    id: str
    when: datetime
    origin: str
    problem: Problem
    level: Level
    card: Scorecard

    @property
    def rewound(self) -> bool:
        return self.origin != self.id


@dataclass(frozen=True)
class WeakPoint:
    """A point that was not shown, or only after a hint, the last time that anything could be said about it."""

    problem: Problem
    point: Point
    when: datetime


@dataclass(frozen=True)
class Recurrence:
    """A weak point that was weak in `weak` of the `seen` interviews that looked for it."""

    latest: WeakPoint
    weak: int
    seen: int


def counted(past: Iterable[Past]) -> tuple[Past, ...]:
    """Oldest first, one of each origin: the interview itself, or its earliest rewind where it never ended."""
    first: dict[str, Past] = {}
    for one in sorted(past, key=lambda p: (p.rewound, p.when, p.id)):
        first.setdefault(one.origin, one)
    return tuple(sorted(first.values(), key=lambda p: (p.when, p.id)))


def outcomes(past: Past) -> dict[str, Outcome]:
    """Per point up to the target level, in stage order."""
    shown = {mark.point: _of(mark.promptedness) for mark in past.card.marks}
    open_ = {one.point: Outcome.NOT_ASSESSED for one in past.card.not_assessed}
    expected = (point.id for point in past.problem.points if point.level.rank <= past.level.rank)
    return {point: shown.get(point) or open_.get(point) or Outcome.NOT_SHOWN for point in expected}


def _of(promptedness: Promptedness) -> Outcome:
    match promptedness:
        case Promptedness.UNPROMPTED:
            return Outcome.UNPROMPTED
        case Promptedness.PROBE:
            return Outcome.ASKED
        case Promptedness.HINT_1 | Promptedness.HINT_2 | Promptedness.HINT_3:
            return Outcome.HINTED


def weak_points(past: Iterable[Past]) -> tuple[WeakPoint, ...]:
    """Heaviest first, then most recent, then in stage order. What was not assessed counts neither way."""
    latest: dict[tuple[str, str], WeakPoint | None] = {}
    for one in counted(past):
        for point, outcome in outcomes(one).items():
            if outcome is not Outcome.NOT_ASSESSED:
                weak = WeakPoint(one.problem, one.problem.point(point), one.when) if outcome.weak else None
                latest[(one.problem.id, point)] = weak
    return tuple(sorted((weak for weak in latest.values() if weak), key=_order))


def _order(weak: WeakPoint) -> tuple[int, float, str, int]:
    return -weak.point.weight, -weak.when.timestamp(), weak.problem.id, weak.problem.points.index(weak.point)


def recurring(past: Sequence[Past]) -> tuple[Recurrence, ...]:
    """Points still weak that were weak in two or more interviews, most often first.

    Problems that share a point id share what it asks for ("back-to-the-goal"), so a point recurs over problems too.
    """
    seen: dict[str, list[Outcome]] = {}
    for one in counted(past):
        for point, outcome in outcomes(one).items():
            if outcome is not Outcome.NOT_ASSESSED:
                seen.setdefault(point, []).append(outcome)
    latest = {weak.point.id: weak for weak in sorted(weak_points(past), key=lambda w: w.when)}
    found = [Recurrence(weak, sum(o.weak for o in seen[id_]), len(seen[id_])) for id_, weak in latest.items()]
    return tuple(sorted((r for r in found if r.weak > 1), key=lambda r: (-r.weak, _order(r.latest))))
