"""The report page: the scorecard of one interview, from the store alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from agent.errors import HotseatError
from agent.interviewer import Interviewer
from ui.report.exporting import gathered
from ui.web import fragments, report_html
from ui.web.access import Access
from ui.web.parts import EVENT, block
from ui.web.runs import Runs

LOOK_SECONDS = 2.0
"""Pause between two looks at a card that is still being assessed."""
NOTHING_TO_DO_SECONDS = 0.1
"""Within which an assessment without open items is over; the page does not speak of it."""


class Page:
    """Builds the page inside the current Blocks route and answers its events."""

    def __init__(self, interviewer: Interviewer, runs: Runs, access: Access):
        self.interviewer = interviewer
        self.runs = runs
        self.access = access

    def build(self, blocks: Any) -> None:
        gr.Navbar(visible=False)
        self.sheet = block(fragments.head("Report"), elem_id="sheet")
        blocks.load(self.opened, None, [self.sheet], **EVENT)

    async def opened(self, request: gr.Request) -> AsyncIterator[str]:
        """The card as it stands, and again while late answers are assessed."""
        interview = str(request.query_params.get("s", ""))
        try:
            self.access.view(interview, request.cookies)
            self.runs.attach(interview)
            await self.runs.settled(interview, NOTHING_TO_DO_SECONDS)
            while self.runs.settling(interview):
                yield self._sheet(interview, request)
                await self.runs.settled(interview, LOOK_SECONDS)
            yield self._sheet(interview, request)
        except HotseatError as error:
            yield fragments.missing(str(error))

    def _sheet(self, interview: str, request: gr.Request) -> str:
        view = self.access.view(interview, request.cookies)
        if not report_html.readable(view):
            return report_html.not_yet(interview, view)
        settling = self.runs.settling(interview)
        report = gathered(self.interviewer, interview, page=report_html.address(interview))
        return report_html.page(report_html.withheld(report), settling=settling)
