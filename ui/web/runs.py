"""Turns in progress. A turn belongs to the server, not to the page that asked for it.

Each turn runs in a detached task; pages only follow it. So a reload, a lost connection or a closed tab stops nothing,
and a second tab follows the same turn. No HTTP and no Gradio here; everything happens in one event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from agent.errors import HotseatError, UsageError
from agent.events import Request
from agent.interviewer import Interviewer

FOLLOW_SECONDS = 0.1
"""Pause between two looks at a growing reply: ten a second is what a browser renders in comfort (research: ui 3)."""

log = logging.getLogger(__name__)

_Stream = Callable[[], AsyncIterator[str]]


class Busy(UsageError):
    """The interviewer has not finished the turn before."""

    def __init__(self) -> None:
        super().__init__("The interviewer is still speaking. Your words stay here: send them when the reply is there.")


@dataclass
class Run:
    """One turn in progress. `text` is the whole reply so far; `error` is the line that ended it badly."""

    text: str = ""
    error: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> AsyncIterator[str]:
        """The reply as it grows, at most every `FOLLOW_SECONDS`; ends with the turn. Leaving early stops nothing."""
        shown: str | None = None
        while not self.done.is_set():
            if self.text != shown:
                shown = self.text
                yield shown
            with suppress(TimeoutError):
                await asyncio.wait_for(self.done.wait(), FOLLOW_SECONDS)
        if self.text != shown:
            yield self.text


class Runs:
    """At most one turn at a time per interview, and behind it the assessment that the next answer cancels."""

    def __init__(self, interviewer: Interviewer):
        self._interviewer = interviewer
        self._runs: dict[str, Run] = {}
        self._settling: dict[str, asyncio.Task[None]] = {}
        self._settled: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    def answer(self, interview: str, text: str) -> Run:
        """Starts the turn that answers `text`. Raises Busy while another one runs."""
        return self._start(interview, lambda: self._interviewer.answer(interview, text))

    def request(self, interview: str, what: Request) -> Run:
        """Starts the turn that a button asked for. Raises Busy while another one runs."""
        return self._start(interview, lambda: self._interviewer.request(interview, what))

    def attach(self, interview: str) -> Run | None:
        """The turn to follow on opening the interview, None when none is open.

        A turn that a crash left open is completed; an assessment that it cut short goes on. Raises NotFound.
        """
        if run := self.current(interview):
            return run
        if self._interviewer.view(interview).awaits_interviewer:
            return self._start(interview, lambda: self._interviewer.resume(interview))
        if interview not in self._settled:
            self._settle(interview)
        return None

    def current(self, interview: str) -> Run | None:
        """The turn in progress, if there is one."""
        return self._runs.get(interview)

    def settling(self, interview: str) -> bool:
        """Whether answers are still being assessed."""
        return interview in self._settling

    async def settled(self, interview: str, seconds: float) -> None:
        """Waits until nothing is being assessed, at most so long."""
        if task := self._settling.get(interview):
            await asyncio.wait({task}, timeout=seconds)

    async def close(self) -> None:
        """Cancels everything. What was said is already stored; an open turn is completed when its page opens again."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- tasks ---

    def _start(self, interview: str, stream: _Stream) -> Run:
        if interview in self._runs:
            raise Busy
        run = self._runs[interview] = Run()
        self._spawn(self._drive(interview, run, stream))
        return run

    async def _drive(self, interview: str, run: Run, stream: _Stream) -> None:
        try:
            await self._stop_settling(interview)
            async with aclosing(stream()) as reply:  # type: ignore[type-var]
                async for run.text in reply:
                    pass
        except HotseatError as error:
            run.error = str(error)
        except Exception:
            log.exception("a turn of interview %s failed", interview)
            run.error = "Something went wrong here. What you sent is kept: reload the page to go on."
        finally:
            del self._runs[interview]
            run.done.set()
        self._settle(interview)

    def _settle(self, interview: str) -> None:
        self._settled.add(interview)
        if self._interviewer.model is not None and interview not in self._settling:
            task = self._spawn(self._assess(interview))
            self._settling[interview] = task
            task.add_done_callback(lambda _: self._settling.pop(interview, None))

    async def _assess(self, interview: str) -> None:
        try:
            await self._interviewer.settle(interview)
        except Exception:  # the scorecard shows what stayed open
            log.exception("interview %s could not be assessed", interview)

    async def _stop_settling(self, interview: str) -> None:
        if task := self._settling.get(interview):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        """Tasks are held here: the event loop alone would let them be collected."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
