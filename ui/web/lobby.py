"""The lobby: choose and start an interview, or go on with an earlier one."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
from pydantic import ValidationError

from agent.errors import HotseatError
from agent.events import ClockKind, Mode, Setup, Style
from knowledge.schema import Level
from ui.assembly import Assembly
from ui.web import fragments
from ui.web.access import Access
from ui.web.parts import EVENT, block

_LEVELS = [(level.value, level.value) for level in Level]
_MODES = [("interview: strict", Mode.INTERVIEW), ("practice: a third hint", Mode.PRACTICE)]
_STYLES = [("hands-off: you drive", Style.HANDS_OFF), ("driver: asks more", Style.DRIVER)]
_CLOCKS = [
    ("speech: an answer costs what saying it would", ClockKind.SPEECH),
    ("wall: real time", ClockKind.WALL),
    ("untimed", ClockKind.UNTIMED),
]
_GO = "(id) => { if (id) window.location.assign('interview?s=' + encodeURIComponent(id)); }"


class Page:
    """Builds the page inside the current Blocks route and answers its events."""

    def __init__(self, assembly: Assembly, access: Access):
        self.assembly = assembly
        self.access = access

    def build(self, blocks: Any) -> None:
        gr.Navbar(visible=False)
        block(fragments.lobby_head())
        with gr.Row(elem_id="lobby"):
            with gr.Column(scale=7, min_width=320):
                self._build_form()
            with gr.Column(scale=4, min_width=280):
                block(fragments.connection(self.assembly.settings, self.assembly.warnings))
                self.list = block()
        self.started = gr.Textbox("", visible="hidden")
        blocks.load(self.opened, None, [self.list], **EVENT)
        once = EVENT | {"trigger_mode": "once"}  # two clicks are one interview
        begun = self.start.click(self.begin, self.choices, [self.started, self.notice], **once)
        begun.success(None, self.started, None, js=_GO)

    def _build_form(self) -> None:
        problems = sorted(
            self.assembly.interviewer.library.problems.values(), key=lambda problem: problem.title.lower()
        )
        labels = [(problem.title, problem.id) for problem in problems]
        problem = gr.Radio(labels, value=labels[0][1], label="Problem", elem_id="problem")
        summaries = {one.id: fragments.summary(one) for one in problems}
        summary = block(summaries[labels[0][1]])
        problem.change(None, problem, summary, js=f"(id) => ({json.dumps(summaries)})[id] ?? ''")
        with gr.Row():
            level = gr.Radio(_LEVELS, value=Level.SENIOR.value, label="Level", min_width=240)
            minutes = gr.Slider(10, 120, value=45, step=5, label="Minutes", min_width=240)
        with gr.Row():
            mode = gr.Radio(_pairs(_MODES), value=Mode.INTERVIEW.value, label="Mode", min_width=240)
            style = gr.Radio(_pairs(_STYLES), value=Style.HANDS_OFF.value, label="Interviewer", min_width=240)
        clock = gr.Radio(_pairs(_CLOCKS), value=ClockKind.SPEECH.value, label="Clock")
        self.choices = [problem, level, mode, style, minutes, clock]
        self.notice = block()
        self.start = gr.Button("Start", variant="primary", elem_id="start", size="lg")

    # --- events ---

    async def opened(self, request: gr.Request) -> str:
        interviewer = self.assembly.interviewer
        try:
            entries, lost = interviewer.store.listing(self.access.owner(request.cookies))
        except HotseatError as error:
            return fragments.notice(str(error))
        return "".join(map(fragments.notice, lost)) + fragments.interviews(entries, interviewer.library)

    async def begin(
        self, problem: str, level: str, mode: str, style: str, minutes: float, clock: str, request: gr.Request
    ) -> tuple[str, str]:
        """The new interview's id, or nothing and one line that says why not."""
        owner = self.access.owner(request.cookies)
        try:
            setup = Setup.model_validate(
                {"problem": problem or "", "level": level, "mode": mode, "style": style, "minutes": minutes}
                | {"clock": clock, "owner": owner}
            )
            return await self.assembly.interviewer.begin(setup), ""
        except ValidationError as error:
            wrong = error.errors()[0]
            return "", fragments.notice(f"{wrong['loc'][0]}: {wrong['msg']}")
        except HotseatError as error:
            return "", fragments.notice(str(error))


def _pairs(choices: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(label, choice.value) for label, choice in choices]
