"""HTML of what a rewind changed. PURE: values in, markup out; every text in it goes through `markup.text`."""

from __future__ import annotations

from agent.events import Parent
from agent.rewind import Comparison, PointChange
from agent.scorecard import Mark
from ui.markup import one_line, text
from ui.report.contents import Report
from ui.report.difference import NO_CHANGE, TITLE, alone, caveat, change_words, rows, side, signed


def before_and_after(report: Report) -> str:
    """The whole beside the whole, then each point that changed with its words on either side."""
    if report.comparison is None:
        words = alone(report)
        return f'<p class="hs-notice">{text(words)}</p>' if words else ""
    compared = report.comparison
    parent = _parent(report, compared.parent, f"interview {compared.parent.interview}")
    intro = f"<p>This is a rewind: it answers {parent} again from turn {compared.parent.turn}. "
    points = "".join(_point(report, compared, change) for change in compared.difference.points)
    listed = _table("point", "credit", points, "points") if points else f"<p>{NO_CHANGE}</p>"
    body = f"{intro}{text(caveat(compared))}</p>{_whole(compared)}{listed}"
    return f'<section class="hs-difference"><h2>{TITLE}</h2>{body}</section>'


def _parent(report: Report, parent: Parent, words: str, turn: int | None = None) -> str:
    """Words that link to a turn of the parent's page; in a file just words, for the parent is not in it."""
    if not report.page:
        return text(words)
    return f'<a href="report?s={text(parent.interview)}#turn-{turn or parent.turn}">{text(words)}</a>'


def _whole(compared: Comparison) -> str:
    body = "".join(
        f'<tr><th scope="row">{text(name)}</th><td>{text(before)}</td><td>{text(after)}</td>'
        f'<td class="n">{text(by)}</td></tr>'
        for name, before, after, by in rows(compared)
    )
    return _table("", "change", body, "whole")


def _table(first: str, last: str, body: str, kind: str) -> str:
    columns = "".join(f'<th scope="col">{name}</th>' for name in (first, "before", "after"))
    head = f'<thead><tr>{columns}<th scope="col" class="n">{last}</th></tr></thead>'
    scroll = f'<div class="scroll {kind}" tabindex="0" role="group" aria-label="Before and after: {kind}">'
    return f"{scroll}<table>{head}<tbody>{body}</tbody></table></div>"


def _point(report: Report, compared: Comparison, change: PointChange) -> str:
    what = f'<b class="{change.what.value}">{text(change_words(change.what))}</b>'
    before, after = side(change.before, change), side(change.after, change)
    if change.before:
        before = _parent(report, compared.parent, before, change.before.turn)
    if change.after:
        after = f'<a href="{text(report.page)}#turn-{change.after.turn}">{text(after)}</a>'
    return (
        f'<tr><th scope="row">{what} {text(change.mark.statement)}</th>'
        f"<td>{before}{_quote(change.before)}</td><td>{after}{_quote(change.after)}</td>"
        f'<td class="n">{text(signed(change.credit))}</td></tr>'
    )


def _quote(mark: Mark | None) -> str:
    return f"<q>{one_line(mark.quote)}</q>" if mark else ""
