"""What a rewind changed, as Markdown. PURE: values in, lines out."""

from __future__ import annotations

from agent.rewind import PointChange
from ui.report.contents import Report, rewind_mark
from ui.report.difference import NO_CHANGE, TITLE, alone, caveat, change_words, rows, side, signed
from ui.report.markdown_words import one_line


def before_and_after(report: Report) -> list[str]:
    """The whole beside the whole, then each point that changed."""
    compared = report.comparison
    if compared is None:
        words = alone(report)
        return [one_line(words)] if words else []
    lines = [f"### {TITLE}", "", f"A {one_line(rewind_mark(report.view))}. {caveat(compared)}".rstrip(), ""]
    lines += ["| | before | after | change |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(compared)]
    points = [line for change in compared.difference.points for line in _point(change)]
    return [*lines, "", *(points or [NO_CHANGE])]


def _point(change: PointChange) -> list[str]:
    before, after = side(change.before, change), side(change.after, change)
    what = f"- **{change_words(change.what)}: {change.mark.statement}** {before} → {after}"
    return [f"{what}; {signed(change.credit)} credit:", f"  > {one_line(change.mark.quote)}"]
