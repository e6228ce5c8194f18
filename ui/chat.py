"""The interview in a terminal. I/O only: what is said comes from the interviewer."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

from agent.board import Board, lines
from agent.comparison import settle
from agent.errors import HotseatError
from agent.events import Setup
from agent.inbound import clean
from agent.interviewer import Interviewer
from agent.mermaid import parse, write
from agent.view import View
from ui.render import COMMANDS, status_line
from ui.report.exporting import gathered
from ui.report.markdown import scorecard_markdown

HELP = (
    "Type your answer and press Enter; end a line with \\ to go on in the next. Commands: "
    + ", ".join(COMMANDS)
    + ", /board (draw in Mermaid), /quit (comes back with `hotseat resume`)."
)


async def converse(interviewer: Interviewer, *, setup: Setup | None = None, interview: str | None = None) -> None:
    """Runs or resumes one interview until it ends or the candidate leaves."""
    if interview is None:
        assert setup is not None
        interview = await interviewer.begin(setup)
    else:
        await _exhaust(interviewer.resume(interview))
    _write(f"{HELP}\n\nInterview {interview}\n")
    _replay(interviewer, interview)
    try:
        await _until_the_end(interviewer, interview)
    except EOFError:
        _write(_saved(interview))
        return
    except (KeyboardInterrupt, asyncio.CancelledError):
        _write(_saved(interview))
        os._exit(130)  # a thread still waits for Enter, and Python would wait for that thread
    await _settled(interviewer, interview)
    _write("\n" + scorecard_markdown(gathered(interviewer, interview)))
    _write(f"\nKeep it: `hotseat export {interview} --out interview.md`.\n")


def _draw(board: Board) -> dict[str, Any] | None:
    """Takes the whole board as Mermaid and reads it back; None where nothing was drawn."""
    if board.nodes:
        _write(f"The board as it stands:\n{write(board)}\n")
    _write("Mermaid, the whole board, an empty line ends it: app((App)) -->|asks| ranker[Ranker]:::model\n")
    drawn = []
    while line := _read("board> "):
        drawn.append(line)
    parsed = parse("\n".join(drawn))
    for number, line in parsed.unread:
        _write(f"Line {number} could not be read and is left out: {line}\n")
    if not parsed.board.nodes:
        _write("The board stays as it was.\n")
        return None
    _write("".join(f"  {line}\n" for line in lines(parsed.board)) + "It goes with your next answer.\n")
    return parsed.board.model_dump(mode="json")


def _saved(interview: str) -> str:
    return f"\nSaved. Come back with `hotseat resume {interview}`.\n"


async def _until_the_end(interviewer: Interviewer, interview: str) -> None:
    board: dict[str, Any] | None = None
    while not (view := interviewer.view(interview)).ended:
        settling = asyncio.create_task(interviewer.settle(interview))
        try:
            text = await asyncio.to_thread(_read, f"\n[{status_line(view, interviewer.library)}] you> ")
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
        if text == "/quit":
            raise EOFError
        if text == "/board":
            board = await asyncio.to_thread(_draw, Board.of(board) if board else view.board) or board
            continue
        if not text and board is None:  # Enter by mistake; who has nothing to say can say so
            continue
        if text not in COMMANDS and re.fullmatch(r"/\w*", text):  # a slip, or /help: not something said
            _write(HELP + "\n")
            continue
        request = COMMANDS.get(text)
        if request:
            await _stream(interviewer.request(interview, request))
        else:
            await _stream(interviewer.answer(interview, text, board))
        after = interviewer.view(interview)
        if not request and len(after.turns) > len(view.turns):  # an answer that was refused took no board along
            board = None
        _tell_steps_down(view, after)


async def _stream(stream: AsyncIterator[str]) -> None:
    """Prints a growing reply; one that is replaced as a whole starts again on a new line."""
    shown = ""
    _write("\n")
    try:
        async for text in stream:
            _write(text[len(shown) :] if text.startswith(shown) else f"\n{text}")
            shown = text
    except HotseatError as error:
        _write(f"{error}")
    _write("\n")


def _tell_steps_down(before: View, after: View) -> None:
    """One quiet line when something failed and the interview went on without it."""
    for event in after.degraded[len(before.degraded) :]:
        _write(f"({event.what} failed and the interview goes on: {event.why})\n")


async def _settled(interviewer: Interviewer, interview: str) -> None:
    def progress(done: int, total: int) -> None:
        _write(f"\rThe model reads what was left open: answer {done + 1} of {total} ")

    await settle(interviewer, interview, progress)


def _replay(interviewer: Interviewer, interview: str) -> None:
    for turn in interviewer.view(interview).turns:
        mark = "\n" if turn.who == "interviewer" else "\nyou> "
        _write(f"{mark}{clean(turn.text)}\n")


def _read(prompt: str) -> str:
    if sys.stdin is None:
        raise EOFError
    lines = [input(prompt)]
    while lines[-1].endswith("\\"):
        lines[-1] = lines[-1][:-1]
        lines.append(input("... "))
    return "\n".join(lines).strip()


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


async def _exhaust(stream: AsyncIterator[str]) -> None:
    async for _ in stream:
        pass
