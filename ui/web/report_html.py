"""HTML of the report page around its sections. PURE: values in, markup out; every text goes through `markup.text`."""

from __future__ import annotations

from dataclasses import replace

from agent.events import Mode
from agent.view import View
from ui.markup import text
from ui.report.contents import Report, about
from ui.report.html import sections
from ui.web.fragments import head, notice_html

NOT_YET = "The scorecard is shown when the interview is over."
_PARENT_OPEN = "The interview that it rewinds is still open. What changed is shown when that one is over."
_SETTLING = "Your last answers are still being assessed. This page follows."
_DOWNLOADS = {"md": "Markdown", "html": "HTML, to print", "json": "JSON"}


def readable(view: View) -> bool:
    """Whether the scorecard may be seen: at the end, or at any time in practice."""
    return view.ended or view.setup.mode is Mode.PRACTICE


def withheld(report: Report) -> Report:
    """Of a strict interview that goes on nothing is told before its end, in the report of its rewind neither."""
    if report.comparison is None or readable(report.comparison.before):
        return report
    return replace(report, comparison=None, uncompared=_PARENT_OPEN)


def address(interview: str) -> str:
    return f"report?s={interview}"


def not_yet(interview: str, view: View) -> str:
    back = f'<a href="interview?s={text(interview)}">Back to the interview</a>'
    return f'{head(view.problem.title, about(view))}<p class="hs-missing">{text(NOT_YET)} {back}</p>'


def page(report: Report, *, settling: bool) -> str:
    """The whole page."""
    interview = text(report.interview)
    go_on = f'The interview is still open: this is how it stands. <a href="interview?s={interview}">Go on</a>'
    parts = [
        head(report.view.problem.title, about(report.view)),
        "" if report.view.ended else notice_html(go_on),
        notice_html(text(_SETTLING)) if settling else "",
        _downloads(interview),
        sections(report),
    ]
    return f'<div class="hs-report">{"".join(parts)}</div>'


def _downloads(interview: str) -> str:
    links = "".join(
        f'<a class="hs-button quiet" href="report/{interview}.{ending}" download>{label}</a>'
        for ending, label in _DOWNLOADS.items()
    )
    return f'<p class="downloads">{links}</p>'
