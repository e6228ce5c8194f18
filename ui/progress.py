"""Progress and the weekly review as text for a terminal. PURE: values in, text out."""

from __future__ import annotations

from collections.abc import Mapping

from agent.drills import Rating
from agent.progress import Progress, Row, Span, Week
from agent.weak import Outcome
from knowledge.library import Library
from knowledge.schema import Dimension
from ui.report.contents import verdict_words

BARS = "▁▂▃▄▅▆▇█"
SHOWN_LAST = 20
"""Interviews in a sparkline; older ones are in the first and the mean."""
LISTED = 8
"""Recurring weak points in the text: more than a session or two of drills would not be read."""
_OUTCOMES = {
    Outcome.UNPROMPTED: "unprompted",
    Outcome.ASKED: "when asked",
    Outcome.HINTED: "after a hint",
    Outcome.NOT_ASSESSED: "not assessed",
    Outcome.NOT_SHOWN: "not shown",
}


def progress_text(progress: Progress) -> str:
    """Everything over all interviews."""
    lines = [*map(_row, progress.rows)]
    if progress.dimensions:
        lines += ["", f"{'1 to 4':24}first  last  mean"]
    for dimension, trend in progress.dimensions.items():
        bars = sparkline(trend.values[-SHOWN_LAST:])
        lines.append(f"{_name(dimension):24}{trend.first:5.1f} {trend.last:5.1f} {trend.mean:5.1f}  {bars}")
    if any(progress.outcomes.values()):
        lines += ["", f"Of {sum(progress.outcomes.values())} points looked for: {shares(progress.outcomes)}."]
    if progress.recurring:
        lines += ["", "Weak in two or more interviews:"]
        lines += [f"  {one.weak} of {one.seen}  {one.statement} ({one.problem})" for one in progress.recurring[:LISTED]]
        more = len(progress.recurring) - LISTED
        lines += [f"  and {more} more: `hotseat progress --json`."] if more > 0 else []
    lines += ["", f"Drills: {progress.due} due, {progress.new} new. `hotseat drill` asks them."]
    if progress.review_due:
        lines.append("Your weekly review is due: `hotseat progress --week`.")
    return "\n".join(lines).lstrip("\n") + "\n"


def _row(row: Row) -> str:
    overall = f"{row.low:g}" if row.high == row.low else f"{row.low:g} to {row.high:g}"
    verdict = verdict_words(row.verdict, row.best)
    rewind = f"  rewind of {row.rewind_of}" if row.rewind_of else ""
    return f"{row.date:%Y-%m-%d}  {row.problem:26} {row.level:7}{overall:13} {verdict}{rewind}"


def sparkline(values: tuple[float, ...]) -> str:
    """Values from 1 to 4 as bars."""
    return "".join(BARS[round((value - 1) / 3 * (len(BARS) - 1))] for value in values)


def shares(outcomes: Mapping[Outcome, int]) -> str:
    """Counts in words, as whole percentages that make a hundred: the largest remainders are rounded up."""
    total = sum(outcomes.values())
    whole = {outcome: 100 * n // total for outcome, n in outcomes.items()}
    up = sorted(whole, key=lambda outcome: -(100 * outcomes[outcome] % total))[: 100 - sum(whole.values())]
    return ", ".join(f"{whole[o] + (o in up)} % {_OUTCOMES[o]}" for o, n in outcomes.items() if n)


def week_text(week: Week, library: Library) -> str:
    """The weekly review."""
    read = f"last read on {week.last_read:%Y-%m-%d}" if week.last_read else "the first one"
    lines = [f"The week to {week.until:%Y-%m-%d} ({read})", "", f"{'':24}{'these 7 days':>14}{'7 before':>10}"]
    lines += [f"{name:24}{now:>14}{before:>10}" for name, now, before in _figures(week.last, week.before)]
    ratings = ", ".join(f"{week.last.ratings[rating]} {rating}" for rating in Rating if week.last.ratings[rating])
    lines += ["", f"Drills were {ratings}."] if ratings else []
    changed = [f"{_name(d)} {change:+.1f}" for d, change in week.changes.items() if abs(change) >= 0.05]
    lines += ["", f"Changed: {', '.join(changed)}."] if changed else []
    lines += ["", *_focus(week, library)]
    return "\n".join(lines) + "\n"


def _figures(last: Span, before: Span) -> list[tuple[str, str, str]]:
    def row(name: str, of: str) -> tuple[str, str, str]:
        return name, f"{getattr(last, of):g}", f"{getattr(before, of):g}"

    unprompted = ("-" if span.unprompted is None else f"{100 * span.unprompted:.0f} %" for span in (last, before))
    dimensions = [
        (_name(d), *(f"{span.dimensions[d]:.1f}" if d in span.dimensions else "-" for span in (last, before)))
        for d in Dimension
        if d in last.dimensions or d in before.dimensions
    ]
    counts = [row("interviews", "interviews"), row("minutes", "minutes"), row("drills", "drills")]
    return [*counts, ("unprompted", *unprompted), *dimensions]  # type: ignore[list-item]


def _focus(week: Week, library: Library) -> list[str]:
    if week.focus is None:
        return ["No interview yet: `hotseat` opens the page, `hotseat chat --problem ID` asks here."]
    focus = week.focus
    return [
        f"Work on one thing: {_name(focus.dimension)} ({focus.mean:.1f} of 4).",
        f"  Read: {library.title(focus.reading)}",
        f"  Then: {focus.command}",
    ]


def _name(dimension: Dimension) -> str:
    return dimension.value.replace("-", " ")
