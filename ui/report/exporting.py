"""The report of a stored interview, and its text in each format. Reads the store."""

from __future__ import annotations

from typing import assert_never

from agent.archive import archived
from agent.comparison import compared
from agent.interviewer import VERSION, Interviewer
from agent.review import review
from ui.report.contents import Report
from ui.report.document import document
from ui.report.format import Format
from ui.report.markdown import markdown


def gathered(interviewer: Interviewer, interview: str, *, page: str = "", command: str = "") -> Report:
    """Everything that the report of a stored interview is made of. Raises NotFound, StoreError."""
    view = interviewer.view(interview)
    card = interviewer.score(view)
    return Report(
        interview=interview,
        events=tuple(interviewer.store.events(interview)),
        view=view,
        card=card,
        library=interviewer.library,
        scoring=interviewer.scoring,
        review=review(view, card, interviewer.scoring, interviewer.library.stages),
        comparison=compared(interviewer, view),
        version=VERSION,
        page=page,
        command=command,
    )


def exported(report: Report, form: Format) -> str:
    """The text of the file."""
    match form:
        case Format.MARKDOWN:
            return markdown(report)
        case Format.JSON:
            return archived(report.interview, report.events, report.card, report.version)
        case Format.HTML:
            return document(report)
        case _:
            assert_never(form)
