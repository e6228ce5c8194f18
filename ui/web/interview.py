"""The interview page: conversation, stage bar, brief and facts, answer box. Shows what the store and the runs say.

The page keeps nothing of its own: the browser holds the id in the address, the draft, and how many turns it has seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from agent.errors import HotseatError
from agent.events import ClockKind, Request
from agent.interviewer import Interviewer
from agent.view import View
from ui.markup import verbatim
from ui.report.contents import about
from ui.report.html_transcript import steps_down
from ui.web import fragments
from ui.web.access import Access
from ui.web.parts import EVENT, block
from ui.web.runs import Busy, Run, Runs

MOST_CHARACTERS = 40_000
"""Of one answer: several times what an interviewer would let somebody say in one go."""
SPEAKING = "…"
_ASKS = {Request.HINT: "Hint", Request.REPEAT: "Repeat", Request.NEXT: "Next stage"}
_STALE = "This interview went on in another window. Here is where it stands: send your answer again if it still fits."
_EMPTY = "There is nothing to send yet: write an answer first."

Frame = dict[Any, Any]
"""What changes on the page: component to update."""


class Page:
    """Builds the page inside the current Blocks route and answers its events."""

    def __init__(self, interviewer: Interviewer, runs: Runs, access: Access):
        self.interviewer = interviewer
        self.runs = runs
        self.access = access

    def build(self, blocks: Any) -> None:
        gr.Navbar(visible=False)
        self.head = block(fragments.head("Interview"), elem_id="head")
        with gr.Column(visible=False, elem_id="page") as self.page:
            self.bar = block(elem_id="bar")
            with gr.Row(elem_id="room"):
                with gr.Column(scale=7, min_width=320, elem_id="floor"):
                    self._build_floor()
                with gr.Column(scale=3, min_width=260, elem_id="side"):
                    self.side = block()
        self.seen = gr.Textbox("0", visible="hidden", elem_id="seen")
        self._listen(blocks)

    def _build_floor(self) -> None:
        self.talk = gr.Chatbot(
            elem_id="talk",
            show_label=False,
            label="Conversation",
            height="100%",
            render_markdown=False,
            latex_delimiters=[],
            group_consecutive_messages=False,
            buttons=[],
            feedback_options=None,
        )
        self.degraded = block(elem_id="degraded")
        self.notice = block(elem_id="notice")
        with gr.Column(elem_id="desk") as self.desk:
            self.box = gr.Textbox(
                elem_id="answer",
                label="Your answer",
                show_label=False,
                lines=4,
                max_lines=12,
                placeholder="Think aloud here. Ctrl+Enter sends, Enter starts a new line.",
                html_attributes=gr.InputHTMLAttributes(spellcheck=True, autocomplete="off"),
            )
            with gr.Row(elem_id="buttons") as self.row:
                self.send = gr.Button("Send", variant="primary", elem_id="send", min_width=96)
                self.asks = {what: gr.Button(label, elem_id=what.value, min_width=96) for what, label in _ASKS.items()}
                block('<p class="hs-keys">Ctrl+Enter sends</p>', elem_id="keys", min_width=10)
                self.finish = gr.Button("Finish", elem_id="finish", min_width=96)
            with gr.Row(visible=False, elem_id="sure") as self.sure:
                block("<p>End the interview now? You are asked for a last word, then you get your scorecard.</p>")
                self.end = gr.Button("End it", variant="stop", elem_id="end", min_width=96)
                self.stay = gr.Button("Go on", elem_id="stay", min_width=96)
        self.over = block(visible=False, elem_id="over")

    def _listen(self, blocks: Any) -> None:
        shown = [
            self.head, self.page, self.bar, self.talk, self.side, self.degraded, self.notice, self.desk, self.box,
            self.row, self.sure, self.over, self.seen, self.send, self.finish, *self.asks.values(),
        ]  # fmt: skip
        blocks.load(self.opened, None, shown, **EVENT)
        self.send.click(self.sent, [self.box, self.seen], shown, **EVENT)
        for what, button in self.asks.items():
            button.click(self._asked(what), [self.seen], shown, **EVENT)
        self.end.click(self._asked(Request.FINISH), [self.seen], shown, **EVENT)
        swap = [self.row, self.sure]
        self.finish.click(_swap(False), None, swap, queue=False, **EVENT)
        self.stay.click(_swap(True), None, swap, queue=False, **EVENT)

    # --- events ---

    async def opened(self, request: gr.Request) -> AsyncIterator[Frame]:
        """A page was opened or reloaded: where it stands, then the turn in progress if there is one."""
        interview = _id(request)
        try:
            view = self.access.view(interview, request.cookies)
            run = self.runs.attach(interview)
        except HotseatError as error:
            yield {self.head: fragments.missing(str(error)), self.page: gr.Column(visible=False)}
            return
        yield self._whole(interview, view) | self._buttons(ready=run is None)
        if run is not None:
            async for frame in self._followed(interview, run, answered=None):
                yield frame

    async def sent(self, text: str, seen: str, request: gr.Request) -> AsyncIterator[Frame]:
        """Send: the answer is stored before the box is emptied."""
        if not text.strip():
            yield {self.notice: fragments.notice(_EMPTY)}
        elif len(text) > MOST_CHARACTERS:
            line = f"That is {len(text):,} characters; an answer may have {MOST_CHARACTERS:,}. Shorten it."
            yield {self.notice: fragments.notice(line)}
        else:
            async for frame in self._turn(request, seen, lambda id_: self.runs.answer(id_, text), answering=True):
                yield frame

    def _asked(self, what: Request) -> Callable[[str, gr.Request], AsyncIterator[Frame]]:
        async def asked(seen: str, request: gr.Request) -> AsyncIterator[Frame]:
            async for frame in self._turn(request, seen, lambda id_: self.runs.request(id_, what), answering=False):
                yield frame

        return asked

    async def _turn(
        self, request: gr.Request, seen: str, start: Callable[[str], Run], *, answering: bool
    ) -> AsyncIterator[Frame]:
        """Starts a turn and follows it. A refusal is one line, with the page brought up to date."""
        interview, refusal = _id(request), ""
        answered: int | None = None
        try:
            view = self.access.view(interview, request.cookies)
            run = self.runs.current(interview)
            if run is not None:
                refusal = str(Busy())
            elif seen != str(len(view.turns)):
                yield self._whole(interview, view) | {self.notice: fragments.notice(_STALE)}
                return
            else:
                run = start(interview)
                answered = len(view.turns) if answering else None
        except HotseatError as error:
            yield {self.notice: fragments.notice(str(error))}
            return
        yield {self.notice: fragments.notice(refusal)} | self._buttons(ready=False)
        async for frame in self._followed(interview, run, answered=answered, refusal=refusal):
            yield frame

    async def _followed(
        self, interview: str, run: Run, *, answered: int | None, refusal: str = ""
    ) -> AsyncIterator[Frame]:
        """A turn in progress, then the page as it stands afterwards.

        `answered` is the number of turns before our own answer: once there are more it is stored, and the box can
        be emptied.
        """
        view = self.interviewer.view(interview)
        async for text in run.follow():
            frame: Frame = {}
            if answered is not None:
                view = self.interviewer.view(interview)
                if len(view.turns) > answered:
                    answered, frame = None, {self.box: ""}
            yield frame | {self.talk: [*_messages(view), {"role": "assistant", "content": verbatim(text) or SPEAKING}]}
        view = self.interviewer.view(interview)
        frame = {self.box: ""} if answered is not None and len(view.turns) > answered else {}
        yield frame | self._whole(interview, view) | {self.notice: fragments.notice(run.error or refusal)}

    # --- what is shown ---

    def _whole(self, interview: str, view: View) -> Frame:
        """The page for a view; the answer box keeps what is in it."""
        library = self.interviewer.library
        return {
            self.head: fragments.head(view.problem.title, about(view)),
            self.page: gr.Column(visible=True),
            self.bar: fragments.stage_bar(view, library, self._waited(interview, view)),
            self.talk: _messages(view),
            self.side: fragments.briefing(interview, view),
            self.degraded: steps_down(view.degraded),
            self.desk: gr.Column(visible=not view.ended),
            self.over: gr.HTML(fragments.over(interview), visible=view.ended),
            self.row: gr.Row(visible=True),
            self.sure: gr.Row(visible=False),
            self.seen: str(len(view.turns)),
        } | self._buttons(ready=True)

    def _buttons(self, *, ready: bool) -> Frame:
        return {button: gr.Button(interactive=ready) for button in (self.send, self.finish, *self.asks.values())}

    def _waited(self, interview: str, view: View) -> float:
        """Seconds since the last turn, or since the moment of rewinding, for a clock on the wall."""
        if view.setup.clock is not ClockKind.WALL or view.ended:
            return 0.0
        spoken = [e.when for e in self.interviewer.store.events(interview) if e.kind in ("started", "answered", "said")]
        since = max(spoken[-1], view.parent.when) if view.parent else spoken[-1]
        return max(0.0, (datetime.now(UTC) - since).total_seconds())


def _messages(view: View) -> list[dict[str, str]]:
    roles = {"interviewer": "assistant", "candidate": "user"}
    return [{"role": roles[turn.who], "content": verbatim(turn.text)} for turn in view.turns]


def _id(request: gr.Request) -> str:
    return str(request.query_params.get("s", ""))


def _swap(answering: bool) -> Callable[[], tuple[Any, Any]]:
    def swap() -> tuple[Any, Any]:
        return gr.Row(visible=answering), gr.Row(visible=not answering)

    return swap
