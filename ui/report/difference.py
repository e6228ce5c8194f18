"""What a rewind changed, in the words that all formats share. PURE: values in, text out."""

from __future__ import annotations

from agent.rewind import Change, Comparison, PointChange
from agent.scorecard import Mark
from ui.report.contents import Report, how, range_words, rewind_mark, spelled

TITLE = "Before and after"
NO_CHANGE = "No point changed."
_CHANGES = {
    Change.GAINED: "gained",
    Change.LOST: "lost",
    Change.DEEPER: "deeper",
    Change.SHALLOWER: "shallower",
    Change.LESS_PROMPTED: "with less help",
    Change.MORE_PROMPTED: "with more help",
}


def change_words(change: Change) -> str:
    return _CHANGES[change]


def caveat(compared: Comparison) -> str:
    """What is not over yet on either side; nothing where both are."""
    open_ = [(compared.ended, "This rewind"), (compared.before.ended, "The interview that it rewinds")]
    return " ".join(f"{which} is still open and counts as far as it got." for ended, which in open_ if not ended)


def rows(compared: Comparison) -> list[tuple[str, str, str, str]]:
    """What moved as a whole: name, before, after, change."""
    found = compared.difference
    low, high = found.ranges
    was, is_ = found.verdicts
    return [
        ("overall", range_words(low), range_words(high), signed(found.overall.by)),
        ("minutes", f"{found.minutes.before:.1f}", f"{found.minutes.after:.1f}", signed(found.minutes.by)),
        ("verdict", spelled(was), spelled(is_), "" if was is is_ else "changed"),
        *(
            (spelled(name), f"{shift.before:.2f}", f"{shift.after:.2f}", signed(shift.by))
            for name, shift in found.dimensions.items()
        ),
    ]


def signed(value: float) -> str:
    return f"{round(value, 2):+g}" if round(value, 2) else "0"


def side(mark: Mark | None, change: PointChange) -> str:
    """How a point stood on one side."""
    if mark is None:
        return "not assessed" if change.open else "not shown"
    return f"{how(mark)}, turn {mark.turn}"


def alone(report: Report) -> str:
    """What is said of a rewind that stands without its comparison; nothing of any other interview."""
    return f"A {rewind_mark(report.view)}. {report.uncompared}" if report.view.parent and not report.comparison else ""
