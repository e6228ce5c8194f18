"""Rewinds: an interview answered again from one turn on, and what that changed in the scorecard. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.events import Answered, Assessed, Degraded, Event, Parent, Promptedness, Said, Started
from agent.scorecard import Mark, Range, Scorecard, Verdict
from agent.transcript import started_of
from agent.view import View
from knowledge.schema import Dimension, Value

# --- the transcript --------------------------------------------------------------------------------------------------


def forked(events: Sequence[Event], turn: int, *, interview: str, when: datetime) -> tuple[Started, list[Event]]:
    """The first event of a rewind of `interview`, and what it shares: all that came before the answer of `turn`.

    What was read late of earlier answers is shared as well. `turn` may also be the question that was answered; `when`
    is the moment of rewinding. Raises ValueError with one line for a turn that nobody answered.
    """
    started = started_of(events)
    turn = _answer(events, turn)
    at = next(i for i, event in enumerate(events) if isinstance(event, Answered) and event.turn == turn)
    late = (event for event in events[at:] if isinstance(event, Assessed | Degraded) and event.turn < turn)
    earlier = started.parent
    while earlier and earlier.turn >= turn:
        earlier = earlier.parent
    parent = Parent(interview=interview, turn=turn, when=when, parent=earlier)
    return started.model_copy(update={"parent": parent}), [*events[1:at], *late]


def _answer(events: Sequence[Event], turn: int) -> int:
    """The candidate's turn that `turn` means."""
    answers = [event.turn for event in events if isinstance(event, Answered)]
    questions = [event.turn for event in events if isinstance(event, Said)]
    if turn in answers:
        return turn
    if turn in questions and turn + 1 in answers:
        return turn + 1
    if not answers:
        raise ValueError("nothing was answered in it yet.")
    if turn in questions:
        raise ValueError(f"turn {turn} is the interviewer's and nobody answered it. Your last one is {answers[-1]}.")
    raise ValueError(f"there is no turn {turn}. Your turns are {answers[0]} to {answers[-1]}.")


# --- the difference --------------------------------------------------------------------------------------------------


class Change(StrEnum):
    """What became of a point. Depth comes first: a point shown deeper after a hint is deeper."""

    GAINED = "gained"
    LOST = "lost"
    DEEPER = "deeper"
    SHALLOWER = "shallower"
    LESS_PROMPTED = "less-prompted"
    MORE_PROMPTED = "more-prompted"


class PointChange(Value):
    """One point whose mark differs. `credit` is what that adds or takes, in the units of `Mark.credit`."""

    what: Change
    before: Mark | None
    after: Mark | None
    credit: float
    open: bool
    """Whether the side without a mark could not be assessed, rather than does not show the point."""

    @property
    def mark(self) -> Mark:
        """The one after, else the one before."""
        found = self.after or self.before
        assert found is not None
        return found


class Shift(Value):
    before: float
    after: float
    by: float


class Difference(Value):
    """What changed from one scorecard to another of the same problem and level; `dimensions` has those that moved."""

    points: tuple[PointChange, ...]
    dimensions: dict[Dimension, Shift]
    overall: Shift
    minutes: Shift
    ranges: tuple[Range, Range]
    verdicts: tuple[Verdict, Verdict]


@dataclass(frozen=True)
class Comparison:
    """A rewind beside its parent, each as a whole and as far as it got."""

    parent: Parent
    difference: Difference
    ended: bool
    before: View
    """Where the parent stands."""


def difference(before: Scorecard, after: Scorecard) -> Difference:
    """Point by point, in the order of the stages."""
    old, new = ({mark.point: mark for mark in card.marks} for card in (before, after))
    unsure = {one.point for card in (before, after) for one in card.not_assessed}
    changes = (_change(old.get(point), new.get(point), point in unsure) for point in old | new)
    moved = {name: _shift(value, after.dimensions[name]) for name, value in before.dimensions.items()}
    return Difference(
        points=tuple(sorted(filter(None, changes), key=lambda one: (one.mark.stage.rank, one.mark.point))),
        dimensions={name: shift for name, shift in moved.items() if shift.by},
        overall=_shift(before.overall, after.overall),
        minutes=_shift(before.minutes, after.minutes),
        ranges=(before.range, after.range),
        verdicts=(before.verdict, after.verdict),
    )


def _change(before: Mark | None, after: Mark | None, unsure: bool) -> PointChange | None:
    """None where a point is shown as deep and as freely as before, be it in other words."""
    what = _what(before, after)
    if what is None:
        return None
    credit = (after.credit if after else 0.0) - (before.credit if before else 0.0)
    return PointChange(what=what, before=before, after=after, credit=round(credit, 4), open=unsure)


def _what(before: Mark | None, after: Mark | None) -> Change | None:
    if before is None:
        return Change.GAINED
    if after is None:
        return Change.LOST
    if before.depth is not after.depth:
        return Change.DEEPER if after.depth.rank > before.depth.rank else Change.SHALLOWER
    if before.promptedness is not after.promptedness:
        asked = list(Promptedness)
        less = asked.index(after.promptedness) < asked.index(before.promptedness)
        return Change.LESS_PROMPTED if less else Change.MORE_PROMPTED
    return None


def _shift(before: float, after: float) -> Shift:
    return Shift(before=before, after=after, by=round(after - before, 2))
