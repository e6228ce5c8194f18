"""What the policy asks about a position: which stage it is in, what may be hinted, which facts were asked for. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Literal

from agent.clock import Schedule
from agent.events import ClockKind, Mode, MoveKind
from agent.view import TOUCHED, View
from knowledge.cues import first_match
from knowledge.schema import Fact, Point, StageId

HINTS_PER_POINT = 2
TOP_RUNG = {Mode.INTERVIEW: 2, Mode.PRACTICE: 3}
TELL_WORDS = 60
"""Facts are told until they fill this many words; the rest can be asked for again."""
FOLLOWED = 0.6
"""Summed probability by which the next stage must outweigh the present one for the candidate to be followed there."""


def timed(view: View) -> bool:
    return view.setup.clock is not ClockKind.UNTIMED


def required(view: View, point: Point) -> bool:
    """Whether the target level is expected to show the point."""
    return point.level.rank <= view.setup.level.rank


def by_weight(points: Iterator[Point] | list[Point]) -> list[Point]:
    """Heaviest first; equal weights in the order of the level, then of the file."""
    return sorted(points, key=lambda p: (-p.weight, p.level.rank))


def stage_now(view: View) -> StageId:
    """The stage to be in now: a candidate who went on to a later one with substance is followed there.

    Substance is the sum of the probabilities of what the answer shows or clearly touches. The next stage may be entered
    directly, one further off only when something was shown of every stage between; what is jumped over comes later.
    """
    if not view.latest.turn or view.latest.request:
        return view.stage
    substance = dict.fromkeys(StageId, 0.0)
    for cell in view.turns[view.latest.turn - 1].cells:
        if cell.state == "shown" or (cell.state == "unsure" and cell.probability >= TOUCHED):
            substance[view.problem.stage_of(cell.point)] += cell.probability
    reached = {view.problem.stage_of(point) for point in view.shown}
    ahead = [s for s in StageId if s.rank > view.stage.rank and substance[s] >= substance[view.stage] + FOLLOWED]
    for stage in sorted(ahead, key=lambda s: substance[s], reverse=True):
        if reached.issuperset(s for s in StageId if view.stage.rank < s.rank < stage.rank):
            return stage
    return view.stage


def stage_after(view: View, schedule: Schedule) -> StageId | None:
    """The first stage, in order, that was never entered and that time still allows; None when there is no such."""
    done = {stage_now(view), *view.entered}
    late = {stage for stage in StageId if timed(view) and view.elapsed >= schedule.hard(stage)}
    return next((stage for stage in StageId if stage not in done | late), None)


def steered_twice(view: View) -> bool:
    """Whether the last two moves were steers: a third would be a loop, so the interview goes on instead."""
    return len(view.moves) >= 2 and all(move.kind is MoveKind.STEER for move in view.moves[-2:])


def hintable(view: View) -> Point | None:
    """The point to give a hint on: the one asked last while it is open, else the heaviest open one of the stage."""
    shown = view.shown
    stage = stage_now(view)
    kinds = {MoveKind.PROBE, MoveKind.HINT}
    asked = [m.point for m in view.moves if m.stage is stage and m.kind in kinds and m.point]
    queue = [view.problem.point(p) for p in asked[-1:]]
    queue += by_weight([p for p in view.problem.stages[stage] if required(view, p)])
    return next((p for p in queue if p.id not in shown and next_rung(view, p)), None)


def next_rung(view: View, point: Point) -> int | None:
    given = [m.rung for m in view.moves if m.kind is MoveKind.HINT and m.point == point.id]
    rung = max(given, default=0) + 1
    return rung if len(given) < HINTS_PER_POINT and rung <= TOP_RUNG[view.setup.mode] else None


def what_remains(asked_for: list[Fact], told: list[Fact], questions: tuple[str, ...]) -> Literal["", "more", "open"]:
    """What remains of the questions: facts that did not fit, questions that no fact answers, or nothing."""
    if len(told) < len(asked_for):
        return "more"
    return "open" if len(questions) > len(told) else ""


def fitting(facts: list[Fact]) -> list[Fact]:
    """As many as fit into one reply, at least one."""
    words = list(accumulate(len(fact.tell.split()) for fact in facts))
    return [fact for fact, total in zip(facts, words, strict=True) if total <= TELL_WORDS] or facts[:1]


def asked_for(view: View, questions: tuple[str, ...]) -> list[Fact]:
    """The facts that these questions ask for, in the order of the questions, each once."""
    found: dict[str, Fact] = {}
    for question in questions:
        for fact in view.problem.facts:
            if first_match(fact.asks, question):
                found.setdefault(fact.id, fact)
    return list(found.values())
