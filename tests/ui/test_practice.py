"""Drills in the terminal, and the commands `drill` and `progress`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.attempts import Attempts
from agent.drills import Drill, Rating
from agent.events import Cell, Request, Setup
from agent.interviewer import Interviewer
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from tests.agent.doubles import TellingReader
from tests.factory import shown
from tests.ui.terminal import Hotseat
from ui.practice import Practice
from ui.progress import BARS, sparkline

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DRILLS = tuple(
    Drill(
        id=f"note/x/{n}",
        about="A subject",
        question=f"Question {n}?",
        expected=("Says the first thing.", "Says the second thing."),
        good=f"Good answer {n}.",
        reading=("some-note",),
    )
    for n in (1, 2, 3)
)
ANSWER = "I would say the first thing and nothing else."


class Shows:
    """A reader that finds in each answer the cells that it was told to find."""

    def __init__(self, *cells: Cell):
        self.cells = cells

    def shows(self, statements: Sequence[str], answer: str, question: str) -> tuple[Cell, ...]:
        return self.cells


class Broken(Shows):
    def shows(self, statements: Sequence[str], answer: str, question: str) -> tuple[Cell, ...]:
        raise RuntimeError("the weights are gone")


class Session:
    """A session at which `lines` are typed; an exception among them is raised where it stands."""

    def __init__(self, home: Path, library: Library, reader: Any):
        self.attempts = Attempts(Store(home))
        self.shown = ""
        self.typed: Iterator[str | type[BaseException]] = iter(())
        self.practice = Practice(library, reader, self.attempts, "local", lambda: NOW, self._ask, self._say)

    def __call__(self, *lines: str | type[BaseException]) -> str:
        self.typed = iter(lines)
        self.practice.run(DRILLS)
        return self.shown

    @property
    def ratings(self) -> list[Rating | None]:
        return [attempt.rating for attempt in self.attempts.of("local")]

    def _say(self, text: str) -> None:
        self.shown += text

    def _ask(self, prompt: str) -> str:
        self._say(prompt)
        line = next(self.typed, EOFError)
        if isinstance(line, str):
            return line
        raise line


@pytest.fixture
def session(tmp_path: Path, tiny: Library) -> Callable[[Any], Session]:
    return lambda reader: Session(tmp_path, tiny, reader)


# --- the conversation -----------------------------------------------------------------------------------------------


def test_an_answer_gets_its_marks_quotes_good_answer_reading_and_date(session: Callable[[Any], Session]) -> None:
    run = session(Shows(shown("0", "the first thing")))
    said = run(ANSWER)
    assert "Question 1?" in said
    assert "shown         Says the first thing.\n              > the first thing\n" in said
    assert "not shown     Says the second thing.\n" in said
    assert said.index("Says the second thing.") < said.index("A good answer: Good answer 1.\nRead: some-note")
    assert "Good. Comes back on Sunday 2026-03-22, in 2 days." in said
    assert run.ratings == [Rating.GOOD]
    assert "1 drill done: 1 good." in said


def test_what_is_unsure_is_said_to_be_and_counts_neither_way(session: Callable[[Any], Session]) -> None:
    run = session(Shows(shown("0", "first"), shown("1", "nothing else", state="unsure")))
    assert "may be there  Says the second thing.\n              > nothing else\n" in run(ANSWER)
    assert run.ratings == [Rating.EASY]


@pytest.mark.parametrize("nothing", ["?", "", "   "])
def test_no_answer_shows_the_good_one_and_comes_again(session: Callable[[Any], Session], nothing: str) -> None:
    run = session(Shows(shown("0"), shown("1")))
    assert "A good answer: Good answer 1." in run(nothing)
    assert run.ratings == [Rating.AGAIN]


@pytest.mark.parametrize("reader", [None, Broken(), Shows(shown("0", state="unsure"), shown("1", state="unsure"))])
def test_what_nothing_can_tell_the_candidate_rates_after_the_good_answer(
    session: Callable[[Any], Session], reader: Any
) -> None:
    run = session(reader)
    said = run(ANSWER, "fine", "", "Hard")
    assert said.index("A good answer: Good answer 1.") < said.index("Your own rating")
    assert said.count("Your own rating") == 3
    (attempt,) = run.attempts.of("local")
    assert (attempt.rating, attempt.by, attempt.answer) == (Rating.HARD, "self", ANSWER)


def test_an_answer_too_short_to_be_read_is_not_called_wrong(session: Callable[[Any], Session]) -> None:
    run = session(Shows())
    assert "not shown" not in run("384 GB.", "easy")
    assert run.ratings == [Rating.EASY]


@pytest.mark.parametrize("end", ["/quit", EOFError])
def test_a_session_that_ends_early_keeps_what_was_answered(session: Callable[[Any], Session], end: Any) -> None:
    run = session(Shows(shown("0")))
    assert "Question 3?" not in run(ANSWER, end)
    assert [attempt.answer for attempt in run.attempts.of("local")] == [ANSWER]


@pytest.mark.parametrize("end", ["/quit", EOFError])
def test_leaving_before_ones_own_rating_keeps_the_answer_and_moves_no_date(
    session: Callable[[Any], Session], end: Any
) -> None:
    run = session(None)
    assert "1 drill done: 1 without a rating." in run(ANSWER, end)
    assert [(a.answer, a.rating) for a in run.attempts.of("local")] == [(ANSWER, None)]


def test_ctrl_c_keeps_the_answer_too(session: Callable[[Any], Session]) -> None:
    run = session(None)
    with pytest.raises(KeyboardInterrupt):
        run(ANSWER, KeyboardInterrupt)
    assert [attempt.answer for attempt in run.attempts.of("local")] == [ANSWER]


def test_a_slip_is_no_answer_and_a_backslash_goes_on(session: Callable[[Any], Session]) -> None:
    run = session(Shows(shown("0")))
    assert run("/help", "I would say this,\\", "and that as well.").count("/quit ends") == 2
    assert [attempt.answer for attempt in run.attempts.of("local")] == ["I would say this,\nand that as well."]


def test_the_end_of_input_in_the_middle_of_an_answer_loses_none_of_it(session: Callable[[Any], Session]) -> None:
    run = session(Shows(shown("0")))
    run("I would say this first,\\", EOFError)
    assert [attempt.answer for attempt in run.attempts.of("local")] == ["I would say this first,"]


def test_the_sparkline_goes_from_the_lowest_bar_to_the_highest() -> None:
    assert sparkline((1, 2.5, 4)) == BARS[0] + BARS[4] + BARS[-1]


# --- the commands ---------------------------------------------------------------------------------------------------

GOOD = (
    "Concept drift, an adversary who has learned the boundary, a change in labelling policy, or a threshold that "
    "somebody moved. I slice by segment and date and check the label pipeline."
)


def test_a_first_drill_needs_no_interview(hotseat: Hotseat) -> None:
    ended = hotseat("drill", "drift", stdin=f"{GOOD}\n/quit\n")
    assert (ended.code, ended.out.count("Comes back on ")) == (0, 1)
    assert "shown         Concept drift, an adversary" in ended.out
    assert "> Concept drift, an adversary" in ended.out


def test_a_concept_is_named_in_any_spelling(hotseat: Hotseat) -> None:
    (first, *_) = json.loads(hotseat("drill", "Online", "store", "--json").out)["left"]
    assert first["drill"] == "note/feature-store/1"


@pytest.mark.parametrize(("name", "near"), [("driftt", "drift"), ("rollback", "progressive-rollout")])
def test_an_unknown_concept_is_one_line_with_near_names(hotseat: Hotseat, name: str, near: str) -> None:
    error = hotseat("drill", name).error
    assert repr(name) in error
    assert near in error


def test_json_is_all_of_stdout_and_what_was_asked_is_not_new_again(hotseat: Hotseat) -> None:
    row = json.loads(hotseat("drill", "drift", "--json", stdin=f"{GOOD}\n?\n").out)
    (read, skipped) = row["attempts"]
    assert read["expected"][0]["state"] == "shown"
    assert read["expected"][0]["quote"] in read["answer"]
    assert (read["by"], skipped["by"], skipped["rating"], skipped["expected"]) == ("reader", "skipped", "again", [])
    assert read["due"] > skipped["due"]
    assert [one["drill"] for one in row["left"]] == ["note/drift/3"]
    left = json.loads(hotseat("drill", "drift", "--count", "1", "--json").out)["left"]
    assert [one["drill"] for one in left] == ["note/drift/3"], "the new one before those ahead of their date"


def test_without_interviews_progress_says_how_to_begin(hotseat: Hotseat) -> None:
    ended = hotseat("progress")
    assert "hotseat chat --problem" in ended.err
    assert "84 new" in ended.out
    assert json.loads(hotseat("progress", "--json").out)["rows"] == []
    assert hotseat("progress", "--week").out == ""
    assert json.loads(hotseat("progress", "--week", "--json").out)["last_read"] is None


@pytest.fixture
def interview(tmp_path: Path, library: Library, scoring: Scoring) -> str:
    """A finished interview with one mark in the data folder of this test."""
    problem = library.problems["spam-detection"]
    reader = TellingReader(shown(problem.points[0].id, ANSWER))
    interviewer = Interviewer(library=library, scoring=scoring, store=Store(tmp_path / "home"), reader=reader)  # type: ignore[arg-type]

    async def one() -> str:
        interview = await interviewer.begin(Setup(problem=problem.id))
        async for _ in interviewer.answer(interview, ANSWER):
            pass
        while not interviewer.view(interview).ended:
            async for _ in interviewer.request(interview, Request.FINISH):
                pass
        return interview

    return asyncio.run(one())


def test_progress_shows_the_interview_its_dimensions_and_how_points_came(hotseat: Hotseat, interview: str) -> None:
    plain = hotseat("progress").out
    assert "spam-detection" in plain
    assert "problem navigation" in plain
    assert "% unprompted" in plain
    assert "not shown" in plain
    row = json.loads(hotseat("progress", "--json").out)
    assert [one["interview"] for one in row["rows"]] == [interview]
    assert row["outcomes"]["unprompted"] == 1


def test_weak_points_of_the_interview_are_asked_first(hotseat: Hotseat, interview: str) -> None:
    left = json.loads(hotseat("drill", "--json").out)["left"]
    assert all(one["drill"].startswith("point/spam-detection/") for one in left)
    assert len(left) == 5


def test_the_weekly_review_is_due_until_it_was_read(hotseat: Hotseat, interview: str) -> None:
    assert "weekly review is due" in hotseat("progress").out
    assert json.loads(hotseat("progress", "--week", "--json").out)["due"] is True
    assert "weekly review is due" in hotseat("drill", stdin="/quit\n").err, "a script has read nothing"
    review = hotseat("progress", "--week").out
    assert "Work on one thing: " in review
    assert "Then: hotseat drill " in review
    assert "weekly review is due" not in hotseat("progress").out
    assert "weekly review is due" not in hotseat("drill", stdin="/quit\n").err


def test_the_command_that_the_review_names_can_be_typed(hotseat: Hotseat, interview: str) -> None:
    command = json.loads(hotseat("progress", "--week", "--json").out)["focus"]["command"]
    assert json.loads(hotseat(*command.split()[1:], "--json").out)["left"]
