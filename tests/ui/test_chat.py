"""The interview in a terminal: what is typed, what is a command, how one leaves and comes back."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from agent.board import lines
from agent.errors import ModelStalled
from agent.events import Answered, Setup
from agent.interviewer import Interviewer
from agent.models.port import Model
from agent.models.scripted import Scripted
from agent.scorecard import Scoring
from agent.store import Store
from agent.wording import Wording
from knowledge.library import Library
from tests.agent.doubles import HangingModel, TellingReader
from tests.factory import shown
from tests.ui.serving import HOTSEAT, environment
from tests.ui.terminal import Hotseat, warm
from ui.chat import converse

ANSWER = "We could start with the quarry today."
PROBE = "Anything on number 0 of clarify planning?"


@pytest.fixture
def interviewer(tmp_path: Path, tiny: Library, scoring: Scoring) -> Interviewer:
    return Interviewer(library=tiny, scoring=scoring, store=Store(tmp_path / "home"), reader=TellingReader())  # type: ignore[arg-type]


Chat = Callable[..., Awaitable[str]]


@pytest.fixture
def chat(interviewer: Interviewer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Chat:
    """Types lines into a new interview, or into `interview`; returns what the terminal showed."""

    async def typed(*lines: str, interview: str | None = None) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        await converse(interviewer, setup=None if interview else Setup(problem="tiny"), interview=interview)
        return capsys.readouterr().out

    return typed


def said(interviewer: Interviewer) -> list[str]:
    """What the candidate of the newest interview said."""
    view = interviewer.view(newest(interviewer))
    return [turn.text for turn in view.turns if turn.who == "candidate"]


def give(interviewer: Interviewer, model: Model) -> None:
    interviewer.model = model
    interviewer.wording = Wording(interviewer.library.stages, model, interviewer.reader)


def newest(interviewer: Interviewer) -> str:
    return interviewer.store.entries("local")[0].id


# --- one session -----------------------------------------------------------------------------------------------------


async def test_it_shows_the_brief_the_commands_and_the_clock(chat: Chat, interviewer: Interviewer) -> None:
    shown_ = await chat()
    assert interviewer.problem("tiny").brief in shown_
    assert all(command in shown_ for command in ("/hint", "/repeat", "/next", "/finish", "/quit"))
    assert "[Clarify · 0:09 of 45:00] you> " in shown_


async def test_an_answer_gets_its_reply(chat: Chat, interviewer: Interviewer) -> None:
    shown_ = await chat(ANSWER)
    assert shown_.count(PROBE) == 1
    assert said(interviewer) == [ANSWER]


async def test_a_backslash_goes_on_in_the_next_line(chat: Chat, interviewer: Interviewer) -> None:
    await chat("First this,\\", "then that,\\", "", "and a line of its own.")
    assert said(interviewer) == ["First this,\nthen that,", "and a line of its own."]


@pytest.mark.parametrize(
    ("command", "move"), [("/hint", "hint"), ("/repeat", "steer"), ("/next", "advance"), ("/finish", "close")]
)
async def test_commands_ask_the_interviewer_and_are_not_answers(
    chat: Chat, interviewer: Interviewer, command: str, move: str
) -> None:
    await chat(ANSWER, f"  {command} ")
    assert said(interviewer) == [ANSWER]
    assert interviewer.view(newest(interviewer)).moves[-1].kind == move


@pytest.mark.parametrize("slip", ["/help", "/hnit", "/", "/FINISH"])
async def test_help_and_slips_of_the_keyboard_show_the_commands_and_are_not_answers(
    chat: Chat, interviewer: Interviewer, slip: str
) -> None:
    assert (await chat(slip)).count("Commands:") == 2
    assert said(interviewer) == []


async def test_an_answer_may_begin_with_a_slash(chat: Chat, interviewer: Interviewer) -> None:
    await chat("/search would be the endpoint that I start with.")
    assert said(interviewer) == ["/search would be the endpoint that I start with."]


async def test_an_empty_line_is_no_answer(chat: Chat, interviewer: Interviewer) -> None:
    await chat("", "", ANSWER)
    assert said(interviewer) == [ANSWER]


async def test_to_the_end_it_shows_the_scorecard_with_the_words(chat: Chat, interviewer: Interviewer) -> None:
    interviewer.reader = TellingReader(shown("frame-amber", ANSWER))  # type: ignore[assignment]
    shown_ = await chat(ANSWER, "/finish", "It went well.")
    assert "how do you think it went" in shown_
    assert shown_.index("## Scorecard") < shown_.index(f"> {ANSWER}")
    assert f"hotseat export {newest(interviewer)}" in shown_
    assert interviewer.view(newest(interviewer)).ended


async def test_the_last_answers_are_settled_before_the_scorecard(chat: Chat, interviewer: Interviewer) -> None:
    interviewer.reader = TellingReader(shown("frame-amber", ANSWER, state="unsure"))  # type: ignore[assignment]
    give(interviewer, Scripted(log_odds=[9.0], small=True))
    assert f"> {ANSWER}" in await chat(ANSWER, "/finish", "It went well.")


async def test_a_slow_assessment_does_not_hold_up_the_next_answer(chat: Chat, interviewer: Interviewer) -> None:
    interviewer.reader = TellingReader(shown("frame-amber", ANSWER, state="unsure"))  # type: ignore[assignment]
    give(interviewer, HangingModel(small=True))
    await asyncio.wait_for(chat(ANSWER, "Then we measure something.", "/quit"), 20)
    assert said(interviewer) == [ANSWER, "Then we measure something."]


async def test_a_reply_that_grows_is_printed_once(chat: Chat, interviewer: Interviewer) -> None:
    give(interviewer, Scripted([f"So the quarry comes first. {PROBE}"]))
    assert (await chat(ANSWER)).count(f"So the quarry comes first. {PROBE}") == 1


async def test_a_failing_model_is_told_beside_the_conversation_once(chat: Chat, interviewer: Interviewer) -> None:
    give(interviewer, Scripted([ModelStalled("the server is silent")]))
    shown_ = await chat(ANSWER, "/repeat")
    assert shown_.index(PROBE) < shown_.index("silent")
    assert shown_.count("the server is silent") == 1
    assert not any("silent" in turn.text for turn in interviewer.view(newest(interviewer)).turns)


# --- the board -------------------------------------------------------------------------------------------------------

DRAWN = ("/board", "graph LR", "app((App)) -->|asks| ranker[Ranker]:::model", "what is this", "")


def boards(interviewer: Interviewer) -> list[tuple[str, ...]]:
    """The board after each answer of the newest interview."""
    view = interviewer.view(newest(interviewer))
    return [lines(turn.board) for turn in view.turns if turn.who == "candidate"]


async def test_a_board_is_read_back_and_goes_with_the_next_answer(chat: Chat, interviewer: Interviewer) -> None:
    shown_ = await chat(ANSWER, *DRAWN, "/hint", "This is my board.", "And so on.")
    line = "App (client) -> Ranker (model): asks"
    assert shown_.index(f"  {line}\n") < shown_.index("It goes with your next answer.")
    assert "Line 3 could not be read and is left out: what is this" in shown_
    assert said(interviewer) == [ANSWER, "This is my board.", "And so on."]
    assert boards(interviewer) == [(), (line,), (line,)]
    stored = [e.board for e in interviewer.store.events(newest(interviewer)) if isinstance(e, Answered)]
    assert [board is None for board in stored] == [True, False, True], "sent again with every answer"


async def test_an_empty_board_changes_nothing_and_the_board_so_far_is_shown_to_go_on_from(
    chat: Chat, interviewer: Interviewer
) -> None:
    shown_ = await chat(*DRAWN, "/board", "", "This is my board.", "/board", "", "And so on.")
    assert shown_.count('ranker["Ranker"]:::model') == 2
    assert shown_.count("The board stays as it was.") == 2
    assert boards(interviewer) == [("App (client) -> Ranker (model): asks",)] * 2


# --- leaving and coming back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [(), ("/quit",), ("half a line\\",)], ids=["end of input", "/quit", "in mid-answer"])
async def test_leaving_says_how_to_come_back(chat: Chat, interviewer: Interviewer, last: tuple[str, ...]) -> None:
    shown_ = await chat(ANSWER, *last)
    interview = newest(interviewer)
    assert shown_.rstrip().endswith(f"Saved. Come back with `hotseat resume {interview}`.")
    assert not interviewer.view(interview).ended


async def test_coming_back_shows_what_was_said_and_goes_on(chat: Chat, interviewer: Interviewer) -> None:
    await chat(ANSWER, "/quit")
    interview = newest(interviewer)
    before = interviewer.store.events(interview)
    shown_ = await chat("/quit", interview=interview)
    assert interviewer.store.events(interview) == before
    assert f"you> {ANSWER}\n" in shown_
    assert shown_.count(PROBE) == 1
    await chat("Then we measure something.", interview=interview)
    assert said(interviewer) == [ANSWER, "Then we measure something."]


async def test_coming_back_after_the_end_shows_the_scorecard(chat: Chat, interviewer: Interviewer) -> None:
    await chat("/finish", "It went well.")
    interview = newest(interviewer)
    before = interviewer.store.events(interview)
    assert "## Scorecard" in await chat("One more thing.", interview=interview)
    assert interviewer.store.events(interview) == before


async def test_without_an_input_it_ends_as_at_the_end_of_one(
    interviewer: Interviewer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python has no `sys.stdin` where a process was started with it closed."""
    monkeypatch.setattr(sys, "stdin", None)
    await converse(interviewer, setup=Setup(problem="tiny"))
    assert "Saved." in capsys.readouterr().out


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_quits_resumes_and_finishes(warm_hotseat: Hotseat) -> None:
    started = warm_hotseat(
        "chat", "--problem", "rag-support-assistant", "--level", "mid", stdin="Hello there.\n/quit\n"
    )
    assert started.code == 0
    found = re.search(r"hotseat resume (\w+)", started.out.rsplit("Saved.", 1)[1])
    assert found
    ended = warm_hotseat("resume", found[1], stdin="/finish\nIt went well.\n")
    assert (ended.code, ended.err) == (0, "")
    assert "you> Hello there." in ended.out
    assert "at mid level" in ended.out


@pytest.fixture
def terminal(warm_home: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`hotseat chat` in a real terminal, waiting at its prompt."""
    ours, theirs = pty.openpty()
    home = warm(warm_home, tmp_path / "home")
    process = subprocess.Popen(
        [*HOTSEAT, "chat", "--problem", "rag-support-assistant"],
        env=environment(home, tmp_path / "guard.txt"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    assert b"you> " in until(ours, b"you> ")
    yield process, ours
    process.kill()
    process.wait()
    os.close(ours)


def until(terminal: int, end: bytes, seconds: float = 120) -> bytes:
    """What the terminal shows until `end`, or until it is closed."""
    shown_, limit = b"", time.monotonic() + seconds
    while end not in shown_ and time.monotonic() < limit:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown_ += os.read(terminal, 4_096)
            except OSError:
                break
    return shown_


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_a_signal_at_the_prompt_saves_and_leaves_at_once(
    terminal: tuple[subprocess.Popen[bytes], int], how: signal.Signals
) -> None:
    """Not only after one more Enter, for which nobody would wait."""
    process, shown_ = terminal
    process.send_signal(how)
    text = until(shown_, b"never shown").decode()
    assert process.wait(10) == 130
    assert "Saved. Come back with `hotseat resume" in text
    assert "Traceback" not in text
