"""The scorecard: grades the candidate, from the view alone. PURE; its numbers are `knowledge/scoring.yaml`.

What holds, proved in `tests/agent/test_scoring.py`: every mark quotes the words or the board of its turn verbatim;
more evidence never lowers a score; repeating a point, adding words that show nothing, or giving the grader orders
never raises one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from agent.clock import Schedule
from agent.events import ClockKind, Depth, MoveKind, Promptedness
from agent.scorecard import Cap, CapRule, Coverage, Mark, NotAssessed, Range, Scorecard, Scoring, Verdict, WrongClaim
from agent.view import Evidence, View
from knowledge.schema import Dimension, Level, Problem, Stage, StageId

CURVEBALL_LINES = 2
"""Lines of a good answer to a curveball that meet it: what breaks and what changes, or its price."""
LIKELY = 1.28
"""Standard deviations to either side that hold a normal variable four times in five."""


def score(view: View, scoring: Scoring, stages: dict[StageId, Stage]) -> Scorecard:
    """Grades what has been said so far."""
    marks = best_marks(view, scoring, stages)
    maybe = _not_assessed(view, {mark.point for mark in marks})
    dimensions = _dimensions(view, marks, scoring, stages, met=_met(view, "shown"))
    overall = _overall(dimensions, scoring)
    hopeful = [*marks, *_as_marks(maybe, view, scoring, stages)]
    high = _overall(_dimensions(view, hopeful, scoring, stages, met=_met(view, "shown", "unsure")), scoring)
    likely = _likely(view, marks, maybe, scoring, stages, Range(low=overall, high=max(high, overall)))
    caps = _caps(view, marks, maybe, scoring)
    verdict, best = (_capped(_band(points, scoring), caps) for points in (overall, likely.high))
    return Scorecard(
        problem=view.problem.id,
        level=view.setup.level,
        overall=overall,
        range=Range(low=overall, high=max(high, overall)),
        likely=likely,
        verdict=verdict,
        best=best,
        provisional=best is not verdict,
        caps=caps,
        dimensions=dimensions,
        marks=tuple(marks),
        not_assessed=tuple(maybe),
        wrong_claims=_wrong_claims(view),
        coverage=_coverage(view, marks, maybe, stages),
        unprompted=sum(mark.promptedness is Promptedness.UNPROMPTED for mark in marks),
        expected=len(_expected(view.problem, view.setup.level)),
        objective_at=_objective_at(view, "shown"),
        minutes=round(view.elapsed, 2),
    )


def best_marks(view: View, scoring: Scoring, stages: dict[StageId, Stage]) -> list[Mark]:
    """The most creditable evidence per point, in stage order; of equals the earliest."""
    best: dict[str, Mark] = {}
    for evidence in view.evidence:
        mark = _mark(evidence, view.problem, scoring, stages)
        if mark.point not in best or mark.credit > best[mark.point].credit:
            best[mark.point] = mark
    return [best[point.id] for point in view.problem.points if point.id in best]


def _mark(evidence: Evidence, problem: Problem, scoring: Scoring, stages: dict[StageId, Stage]) -> Mark:
    point = problem.point(evidence.point)
    stage = problem.stage_of(point.id)
    credit = scoring.depth[evidence.depth] * scoring.promptedness[evidence.promptedness] * point.weight
    return Mark(
        point=point.id,
        statement=point.statement,
        stage=stage,
        dimension=stages[stage].dimension,
        level=point.level,
        depth=evidence.depth,
        quote=evidence.quote,
        turn=evidence.turn,
        promptedness=evidence.promptedness,
        credit=round(credit, 4),
        by=evidence.by,
        source=evidence.source,
    )


def _not_assessed(view: View, marked: set[str]) -> list[NotAssessed]:
    return [
        NotAssessed(
            point=point.id,
            statement=point.statement,
            stage=view.problem.stage_of(point.id),
            quote=view.unsure[point.id].quote,
            probability=view.unsure[point.id].probability,
            source=view.unsure[point.id].source,
        )
        for point in view.problem.points
        if point.id in view.unsure and point.id not in marked
    ]


def _wrong_claims(view: View) -> tuple[WrongClaim, ...]:
    """Each misconception once, as it was first stated."""
    first = {(claim.point, claim.index): claim for claim in reversed(view.claims)}
    found = []
    for (point, index), claim in sorted(first.items(), key=lambda item: item[1].turn):
        wrong = view.problem.point(point).misconceptions[index]
        found.append(
            WrongClaim(
                point=point,
                claim=wrong.claim,
                why=wrong.why,
                quote=claim.quote,
                turn=claim.turn,
                challenged=(point, index) in view.challenged,
                held=(point, index) in view.held,
            )
        )
    return tuple(found)


def _as_marks(maybe: list[NotAssessed], view: View, scoring: Scoring, stages: dict[StageId, Stage]) -> list[Mark]:
    """What the open points would be worth if shown as deep as they were touched, and unprompted."""
    return [
        _mark(
            Evidence(
                one.point,
                view.unsure[one.point].depth,
                one.quote,
                0,
                Promptedness.UNPROMPTED,
                "matcher",
                one.probability,
            ),
            view.problem,
            scoring,
            stages,
        )
        for one in maybe
    ]


def _likely(
    view: View,
    marks: list[Mark],
    maybe: list[NotAssessed],
    scoring: Scoring,
    stages: dict[StageId, Stage],
    whole: Range,
) -> Range:
    """Where the score would come to lie, four times in five, if the open points were decided.

    Each open point adds, with its probability and independently of the others, what it would add alone, scaled so that
    all together add no more than `whole` allows: a dimension cannot be more than full. Mean and standard deviation of
    such a sum.
    """
    met = _met(view, "shown")
    added = (
        _dimensions(view, [*marks, one], scoring, stages, met=met) for one in _as_marks(maybe, view, scoring, stages)
    )
    gains = [(one.probability, _overall(with_, scoring) - whole.low) for one, with_ in zip(maybe, added, strict=True)]
    scale = min(1.0, (whole.high - whole.low) / max(sum(gain for _, gain in gains), 0.1))
    mean = whole.low + scale * sum(p * gain for p, gain in gains)
    spread = LIKELY * scale * math.sqrt(sum(p * (1 - p) * gain**2 for p, gain in gains))
    low, high = (min(max(bound, whole.low), whole.high) for bound in (mean - spread, mean + spread))
    return Range(low=round(low, 1), high=round(high, 1))


def _expected(problem: Problem, level: Level) -> list[str]:
    return [point.id for point in problem.points if point.level.rank <= level.rank]


def _dimensions(
    view: View, marks: Iterable[Mark], scoring: Scoring, stages: dict[StageId, Stage], *, met: float | None
) -> dict[Dimension, float]:
    """1 to 4 per dimension: 1 for nothing, 4 for credit at the bar of the target level. `met` as `_met` has it."""
    marks = list(marks)
    expected = set(_expected(view.problem, view.setup.level))
    share = dict.fromkeys(Dimension, 0.0)
    for dimension in Dimension:
        weight = sum(
            point.weight
            for stage in StageId
            for point in view.problem.stages[stage]
            if stages[stage].dimension is dimension and point.id in expected
        )
        credit = sum(mark.credit for mark in marks if mark.dimension is dimension)
        share[dimension] = min(1.0, credit / (scoring.bar[view.setup.level] * weight)) if weight else 0.0
    reasoned = sum(m.promptedness is Promptedness.UNPROMPTED and m.depth is Depth.JUSTIFIED for m in marks)
    drive = [share[Dimension.DRIVE], min(1.0, reasoned / scoring.drive.reasoned_unprompted[view.setup.level])]
    if met is not None:
        drive.append(met)
    share[Dimension.DRIVE] = sum(drive) / len(drive)
    return {dimension: round(1 + 3 * value, 2) for dimension, value in share.items()}


def _met(view: View, *states: str) -> float | None:
    """How far changed constraints were met, 0 to 1, by lines of the good answers in one of these states; None without.

    `CURVEBALL_LINES` lines of a curveball's are enough.
    """
    if not view.curveballs:
        return None
    shown = {cell.point for cell in view.curveball_cells if cell.state in states}
    met = [sum(line.startswith(f"{ball}/") for line in shown) for ball in view.curveballs]
    return sum(min(1.0, lines / CURVEBALL_LINES) for lines in met) / len(met)


def _overall(dimensions: dict[Dimension, float], scoring: Scoring) -> float:
    """Weighted mean of the dimensions, 0 to 100."""
    total = sum(scoring.dimensions.values())
    mean = sum(scoring.dimensions[d] * (value - 1) / 3 for d, value in dimensions.items()) / total
    return round(100 * mean, 1)


def _band(overall: float, scoring: Scoring) -> Verdict:
    return next(band.verdict for band in scoring.bands if overall >= band.at)


def _capped(verdict: Verdict, caps: tuple[Cap, ...]) -> Verdict:
    return min([verdict, *(cap.best for cap in caps)], key=lambda v: v.rank)


def _objective_at(view: View, *states: str) -> float | None:
    """Virtual minute at which a point of framing was first read as one of `states`."""
    frame = {point.id for point in view.problem.stages[StageId.FRAME]}
    read = (turn for turn in view.turns if turn.scored for c in turn.cells if c.point in frame and c.state in states)
    return min((round(turn.at, 2) for turn in read), default=None)


def _maybe_reasoned(view: View) -> bool:
    """Whether a reasoned choice came unprompted, or may have: one that nothing could decide counts here too."""
    asked: set[str | None] = set()
    for turn in view.turns:
        asked.add(turn.move.point if turn.move else None)
        cells = (c for c in turn.cells if turn.scored and c.depth is Depth.JUSTIFIED and c.state != "not-shown")
        if any(cell.point not in asked for cell in cells):
            return True
    return False


def _caps(view: View, marks: list[Mark], maybe: list[NotAssessed], scoring: Scoring) -> tuple[Cap, ...]:
    """Caps that hold. An absence caps only where nothing was left unassessed: the unknown is held against nobody.

    Nor is what an interview that goes on has not come to yet, nor anything where an answer could not be read.
    """
    counts = dict.fromkeys(StageId, 0)
    for mark in marks:
        counts[mark.stage] += 1
    most = dict(counts)
    for one in maybe:
        most[one.stage] += 1
    at = _objective_at(view, "shown", "unsure")
    reasoned = _maybe_reasoned(view)
    timed = view.setup.clock is not ClockKind.UNTIMED
    over = view.ended or view.closing

    def holds(rule: CapRule) -> bool:
        if rule.id == "wrong-claim-held":
            return bool(view.held)
        if rule.id == "objective-late":
            due = (rule.share_of_time or 0) * view.setup.minutes
            late = timed and at > due if at is not None else over or (timed and view.elapsed > due)
            return late and not view.unread
        return over and not view.unread and missing(rule)

    def missing(rule: CapRule) -> bool:
        match rule.id:
            case "features-thin":
                return most[StageId.FEATURES] < 2
            case "evaluation-unreached":
                return most[StageId.EVALUATE] == 0
            case "operations-unreached":
                return most[StageId.SERVE] + most[StageId.MONITOR] == 0
            case "trade-offs-only-when-prompted" | "trade-offs-only-when-prompted-staff":
                return not reasoned
        raise ValueError(f"scoring.yaml names the cap {rule.id!r}, which no code computes")

    applicable = (rule for rule in scoring.caps if view.setup.level in rule.levels)
    return tuple(Cap(id=r.id, best=r.best, because=r.because) for r in applicable if holds(r))


def _coverage(
    view: View, marks: list[Mark], maybe: list[NotAssessed], stages: dict[StageId, Stage]
) -> dict[StageId, Coverage]:
    schedule = Schedule(stages, view.setup.minutes)
    expected = set(_expected(view.problem, view.setup.level))
    minutes = stage_minutes(view)
    return {
        stage: Coverage(
            shown=sum(mark.stage is stage for mark in marks),
            unprompted=sum(m.stage is stage and m.promptedness is Promptedness.UNPROMPTED for m in marks),
            not_assessed=sum(one.stage is stage for one in maybe),
            expected=sum(point.id in expected for point in view.problem.stages[stage]),
            minutes=round(minutes[stage], 2),
            planned=round(schedule.planned(stage), 2),
        )
        for stage in StageId
    }


def stage_minutes(view: View) -> dict[StageId, float]:
    """Virtual minutes per stage: each utterance belongs to the stage in which the interviewer answered it."""
    spent = dict.fromkeys(StageId, 0.0)
    stage = StageId.CLARIFY
    ends = [*(turn.at for turn in view.turns[1:]), view.elapsed][: len(view.turns)]
    waiting = 0.0
    for turn, end in zip(view.turns, ends, strict=True):
        if turn.move is None:
            waiting += end - turn.at
            continue
        if turn.move.kind not in {MoveKind.CLOSE, MoveKind.DEBRIEF, MoveKind.ADVANCE}:
            stage = turn.move.stage
        spent[stage] += waiting + end - turn.at
        stage, waiting = turn.move.stage, 0.0
    spent[stage] += waiting
    return spent
