"""Progress over all interviews, and the weekly review. PURE: past interviews and attempts in, values out.

A rewound interview has its row and counts for nothing else: the same answer would be counted twice. Field names are a
contract that tools read; `CONTRACT` is its version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean

from pydantic import Field

from agent.drills import Attempt, Rating
from agent.scorecard import Verdict
from agent.weak import Outcome, Past, WeakPoint, counted, outcomes, recurring, weak_points
from knowledge.library import Library
from knowledge.schema import Dimension, Level, Point, Value

CONTRACT = 1
WEEK = timedelta(days=7)
BEST = 4.0
"""Most that a dimension can have."""


class Row(Value):
    """One interview. `low` and `high` are `overall` if nothing, or all, of what was not assessed had been shown."""

    interview: str
    date: datetime
    problem: str
    title: str
    level: Level
    low: float
    high: float
    verdict: Verdict
    best: Verdict
    provisional: bool
    minutes: float
    rewind_of: str | None


class Trend(Value):
    """One dimension, 1 to 4, interview by interview."""

    values: tuple[float, ...] = Field(min_length=1)
    first: float
    last: float
    mean: float


class Recurring(Value):
    """A weak point that was weak in `weak` of the `seen` interviews that looked for it."""

    drill: str
    problem: str
    statement: str
    weak: int
    seen: int


class Progress(Value):
    """`outcomes` counts points up to the target level of each interview; `due` and `new` count drills."""

    contract: int = CONTRACT
    rows: tuple[Row, ...]
    dimensions: dict[Dimension, Trend]
    outcomes: dict[Outcome, int]
    recurring: tuple[Recurring, ...]
    due: int
    new: int
    review_due: bool


class Span(Value):
    """Seven days. `dimensions` are means over their interviews; `drills` counts all, `ratings` the rated ones."""

    interviews: int
    minutes: float
    drills: int
    ratings: dict[Rating, int]
    dimensions: dict[Dimension, float]
    outcomes: dict[Outcome, int]
    unprompted: float | None
    """Share of the points looked for; None without interviews."""


class Focus(Value):
    """The one thing to work on. `gap` is what the dimension lacks to 4, times its weight in percent."""

    dimension: Dimension
    mean: float
    gap: float
    reading: str
    command: str


class Week(Value):
    """The last seven days against the seven before. `changes` only where both had interviews."""

    contract: int = CONTRACT
    until: datetime
    last: Span
    before: Span
    changes: dict[Dimension, float]
    focus: Focus | None
    last_read: datetime | None
    due: bool


def progress(past: Sequence[Past], *, due: int, new: int, review_due: bool) -> Progress:
    """Everything over all interviews."""
    whole = counted(past)
    return Progress(
        rows=tuple(_row(one) for one in sorted(past, key=lambda p: (p.when, p.id))),
        dimensions={d: _trend([one.card.dimensions[d] for one in whole]) for d in Dimension} if whole else {},
        outcomes=_outcomes(whole),
        recurring=_recurring(past),
        due=due,
        new=new,
        review_due=review_due,
    )


def _row(past: Past) -> Row:
    return Row(
        interview=past.id,
        date=past.when,
        problem=past.problem.id,
        title=past.problem.title,
        level=past.level,
        low=past.card.range.low,
        high=past.card.range.high,
        verdict=past.card.verdict,
        best=past.card.best,
        provisional=past.card.provisional,
        minutes=past.card.minutes,
        rewind_of=past.origin if past.rewound else None,
    )


def _trend(values: Sequence[float]) -> Trend:
    return Trend(values=tuple(values), first=values[0], last=values[-1], mean=round(fmean(values), 2))


def _outcomes(past: Iterable[Past]) -> dict[Outcome, int]:
    counts = Counter(outcome for one in past for outcome in outcomes(one).values())
    return {outcome: counts[outcome] for outcome in Outcome}


def _recurring(past: Sequence[Past]) -> tuple[Recurring, ...]:
    return tuple(
        Recurring(
            drill=f"point/{one.latest.problem.id}/{one.latest.point.id}",
            problem=one.latest.problem.title,
            statement=one.latest.point.statement,
            weak=one.weak,
            seen=one.seen,
        )
        for one in recurring(past)
    )


# --- the weekly review ----------------------------------------------------------------------------------------------


def review_due(past: Sequence[Past], attempts: Sequence[Attempt], last_read: datetime | None, now: datetime) -> bool:
    """Whether there is something to review and seven days went by without."""
    return bool(past or attempts) and (last_read is None or now - last_read >= WEEK)


def week(
    past: Sequence[Past],
    attempts: Sequence[Attempt],
    library: Library,
    weights: Mapping[Dimension, float],
    last_read: datetime | None,
    now: datetime,
) -> Week:
    """The review as of `now`. `weights` are those of the dimensions in the overall score, in percent."""
    whole = counted(past)
    last = _span(whole, attempts, now - WEEK, now)
    before = _span(whole, attempts, now - 2 * WEEK, now - WEEK)
    both = last.dimensions.keys() & before.dimensions.keys()
    return Week(
        until=now,
        last=last,
        before=before,
        changes={d: round(last.dimensions[d] - before.dimensions[d], 2) for d in Dimension if d in both},
        focus=_focus(whole, library, weights, now),
        last_read=last_read,
        due=review_due(past, attempts, last_read, now),
    )


def _span(past: Sequence[Past], attempts: Sequence[Attempt], after: datetime, until: datetime) -> Span:
    inside = [one for one in past if after < one.when <= until]
    tried = [attempt for attempt in attempts if after < attempt.when <= until]
    ratings = Counter(attempt.rating for attempt in tried if attempt.rating is not None)
    counts = _outcomes(inside)
    return Span(
        interviews=len(inside),
        minutes=round(sum(one.card.minutes for one in inside), 1),
        drills=len(tried),
        ratings={rating: ratings[rating] for rating in Rating},
        dimensions=_means(inside),
        outcomes=counts,
        unprompted=round(counts[Outcome.UNPROMPTED] / sum(counts.values()), 3) if inside else None,
    )


def _means(past: Sequence[Past]) -> dict[Dimension, float]:
    return {d: round(fmean(one.card.dimensions[d] for one in past), 2) for d in Dimension} if past else {}


def _focus(whole: Sequence[Past], library: Library, weights: Mapping[Dimension, float], now: datetime) -> Focus | None:
    """The largest weighted gap of the last seven days, or of the last interview when they had none."""
    recent = [one for one in whole if one.when > now - WEEK] or list(whole[-1:])
    if not recent:
        return None
    means = _means(recent)
    gaps = {d: round(weights[d] * (BEST - mean), 1) for d, mean in means.items()}
    dimension = max(gaps, key=lambda d: gaps[d])
    reading = _reading(dimension, recent, library, weak_points(whole))
    return Focus(
        dimension=dimension,
        mean=means[dimension],
        gap=gaps[dimension],
        reading=reading,
        command=f"hotseat drill {reading}" if reading in library.notes else "hotseat drill",
    )


def _reading(dimension: Dimension, recent: Sequence[Past], library: Library, weak: Sequence[WeakPoint]) -> str:
    """Id of the note that carries most weight under the weak points of a dimension, else under all its points.

    A case where no note does.
    """
    own = [w.point for w in weak if library.stages[w.problem.stage_of(w.point.id)].dimension is dimension]
    cited = _cited(own) or _cited(_points_of(dimension, recent, library))
    return max(cited, key=lambda source: (source in library.notes, cited[source], source))


def _points_of(dimension: Dimension, past: Sequence[Past], library: Library) -> list[Point]:
    stages = [stage.id for stage in library.stages.values() if stage.dimension is dimension]
    return [point for one in past for stage in stages for point in one.problem.stages[stage]]


def _cited(points: Iterable[Point]) -> Counter[str]:
    cited: Counter[str] = Counter()
    for point in points:
        cited.update(dict.fromkeys(point.sources, point.weight))
    return cited
