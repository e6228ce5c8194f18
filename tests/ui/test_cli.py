"""The commands: results on stdout, everything else on stderr, and one line with exit code 2 where a user erred."""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import agent.content
import knowledge.library
from agent.events import Request, Setup
from agent.interviewer import Interviewer
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import ROOT, Library
from tests.agent.doubles import TellingReader
from tests.factory import shown
from tests.ui.terminal import Hotseat

PROBLEM = "rag-support-assistant"
ANSWER = "I would measure how many conversations end without an agent, because that is what the money is for."
UNKNOWN = "nosuchone2"


@pytest.fixture
def interview(tmp_path: Path, library: Library, scoring: Scoring) -> str:
    """A finished interview with one mark in the data folder of this test."""
    point = library.problems[PROBLEM].points[0].id
    reader = TellingReader(shown(point, ANSWER))
    interviewer = Interviewer(library=library, scoring=scoring, store=Store(tmp_path / "home"), reader=reader)  # type: ignore[arg-type]

    async def one() -> str:
        interview = await interviewer.begin(Setup(problem=PROBLEM))
        async for _ in interviewer.answer(interview, ANSWER):
            pass
        while not interviewer.view(interview).ended:
            async for _ in interviewer.request(interview, Request.FINISH):
                pass
        return interview

    return asyncio.run(one())


# --- what the commands print -----------------------------------------------------------------------------------------


def test_problems_are_listed(hotseat: Hotseat, library: Library) -> None:
    plain = hotseat("problems")
    assert (plain.code, plain.err) == (0, "")
    assert [line.split()[0] for line in plain.out.splitlines()] == list(library.problems)
    rows = json.loads(hotseat("problems", "--json").out)
    assert [(row["id"], row["title"]) for row in rows] == [(p.id, p.title) for p in library.problems.values()]


def test_without_interviews_the_list_is_empty_and_says_how_to_start(hotseat: Hotseat) -> None:
    ended = hotseat("sessions")
    assert (ended.code, ended.out) == (0, "")
    assert "hotseat chat" in ended.err
    assert json.loads(hotseat("sessions", "--json").out) == []


def test_interviews_are_listed(hotseat: Hotseat, interview: str) -> None:
    (row,) = json.loads(hotseat("sessions", "--json").out)
    assert (row["id"], row["problem"], row["state"], row["level"]) == (interview, PROBLEM, "done", "senior")
    line = hotseat("sessions").out
    assert line.count("\n") == 1
    assert line.startswith(interview)
    assert f"{row['turns']} turns" in line


def test_score_prints_the_scorecard_with_the_candidates_words(hotseat: Hotseat, interview: str) -> None:
    ended = hotseat("score", interview)
    assert ended.code == 0
    assert ended.out.startswith("## Scorecard")
    assert f"> {ANSWER}" in ended.out
    card = json.loads(hotseat("score", interview, "--json").out)
    assert card["contract"] == 1
    assert [mark["quote"] for mark in card["marks"]] == [ANSWER]


def test_export_notes_the_command_that_made_the_interview(hotseat: Hotseat, interview: str) -> None:
    assert "    hotseat chat --problem x\n" in hotseat("export", interview, "--command", "hotseat chat --problem x").out


def test_the_shipped_content_passes_its_own_check(hotseat: Hotseat) -> None:
    ended = hotseat("knowledge", "check")
    assert (ended.code, ended.out) == (0, "")
    assert "well" in ended.err


def test_stats_count_the_library(hotseat: Hotseat, library: Library) -> None:
    counts = json.loads(hotseat("knowledge", "stats", "--json").out)
    assert counts["problems"] == len(library.problems)
    assert counts["points"] == sum(len(problem.points) for problem in library.problems.values())
    assert counts["passages"] == len(library.passages)
    plain = hotseat("knowledge", "stats").out
    assert dict(line.split() for line in plain.splitlines()) == {name: str(n) for name, n in counts.items()}


def test_search_finds_a_note_by_its_words(warm_hotseat: Hotseat, library: Library) -> None:
    rows = json.loads(warm_hotseat("knowledge", "search", "training-serving skew", "--limit", "3", "--json").out)
    assert len(rows) == 3
    assert rows[0]["id"].startswith("training-serving-skew#")
    assert {row["id"] for row in rows} <= {passage.id for passage in library.passages}
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


@pytest.mark.parametrize("command", ["", "knowledge", "model", "play", "chat", "web", "export", "import"])
def test_help_describes_every_command(hotseat: Hotseat, command: str) -> None:
    ended = hotseat(*command.split(), "--help")
    assert ended.code == 0
    assert "Usage:" in ended.out


# --- wrong usage -----------------------------------------------------------------------------------------------------


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "candidate.yaml"
    path.write_text("turns: [Hello.]\n")
    return str(path)


@pytest.mark.parametrize("command", ["play", "chat"])
def test_an_unknown_problem_is_answered_with_the_known_ones(
    warm_hotseat: Hotseat, command: str, script: str, library: Library
) -> None:
    more = ["--candidate", script] if command == "play" else []
    error = warm_hotseat(command, "--problem", "no-such-problem", *more).error
    assert "'no-such-problem'" in error
    assert all(problem in error for problem in library.problems)


@pytest.mark.parametrize("content", [None, "", "turns: []", "turns: [a", "\x00\x01\x02", "[1, 2]"])
def test_a_wrong_candidate_file_is_told_before_anything_is_started(
    hotseat: Hotseat, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "candidate.yaml"
    if content is not None:
        path.write_text(content)
    assert str(path) in hotseat("play", "--problem", PROBLEM, "--candidate", str(path), "--json").error
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("command", [("score",), ("export",), ("score", "--json"), ("resume",)])
def test_an_unknown_interview_is_named(warm_hotseat: Hotseat, command: tuple[str, ...]) -> None:
    error = warm_hotseat(*command, UNKNOWN).error
    assert repr(UNKNOWN) in error
    assert "hotseat sessions" in error


@pytest.mark.parametrize("where", ["file/below/x.md", "."])
def test_an_export_that_cannot_be_written_is_told(hotseat: Hotseat, interview: str, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in hotseat("export", interview, "--out", str(tmp_path / where)).error


@pytest.mark.parametrize(
    "command", [("sessions",), ("score", UNKNOWN), ("resume", UNKNOWN), ("knowledge", "search", "x")]
)
def test_a_data_folder_that_cannot_be_written_is_told(
    hotseat: Hotseat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HOTSEAT_HOME", str(tmp_path / "file" / "home"))
    assert "HOTSEAT_HOME" in hotseat(*command).error


SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "no address": ({"HOTSEAT_BASE_URL": "my server"}, "HOTSEAT_BASE_URL"),
    "no scheme": ({"HOTSEAT_BASE_URL": "127.0.0.1:8080/v1"}, "HOTSEAT_BASE_URL"),
    "wrong scheme": ({"HOTSEAT_BASE_URL": "ftp://127.0.0.1/v1"}, "HOTSEAT_BASE_URL"),
    "no host": ({"HOTSEAT_BASE_URL": "http:///v1"}, "HOTSEAT_BASE_URL"),
    "wrong port": ({"HOTSEAT_BASE_URL": "http://127.0.0.1:eighty/v1"}, "HOTSEAT_BASE_URL"),
    "key in it": ({"HOTSEAT_BASE_URL": "http://me:s3cret@127.0.0.1/v1"}, "HOTSEAT_API_KEY"),
    "of OpenAI": ({"OPENAI_BASE_URL": "nowhere"}, "OPENAI_BASE_URL"),
    "no key": ({}, "HOTSEAT_API_KEY"),
    "no name": ({"HOTSEAT_MODEL": " "}, "HOTSEAT_MODEL"),
    "no size": ({"HOTSEAT_MODEL_SIZE": "huge", "HOTSEAT_BASE_URL": "http://127.0.0.1:1/v1"}, "HOTSEAT_MODEL_SIZE"),
}


@pytest.mark.parametrize(("settings", "named"), SETTINGS.values(), ids=SETTINGS)
def test_a_wrong_setting_is_named(
    hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], named: str
) -> None:
    for name, value in ({"HOTSEAT_MODEL": "some-model"} | settings).items():
        monkeypatch.setenv(name, value)
    error = hotseat("sessions").error
    assert named in error
    assert "s3cret" not in error


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("play", "--problem", PROBLEM),
        ("chat",),
        ("chat", "--problem", PROBLEM, "--level", "boss"),
        ("chat", "--problem", PROBLEM, "--minutes", "5"),
        ("score",),
        ("problems", "--no-such-option"),
        ("knowledge", "search", "x", "--limit", "0"),
    ],
)
def test_wrong_arguments_end_with_2_and_no_traceback(hotseat: Hotseat, arguments: tuple[str, ...]) -> None:
    ended = hotseat(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


def test_without_weights_the_model_is_not_served(hotseat: Hotseat) -> None:
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    assert "hotseat model pull" in hotseat("model", "serve", "--port", "0").error


def test_weights_that_are_none_are_refused(hotseat: Hotseat, tmp_path: Path) -> None:
    fake = tmp_path / "fake.gguf"
    fake.write_bytes(b"not weights")
    for path in (fake, tmp_path / "missing.gguf"):
        assert str(path.name) in hotseat("model", "pull", "--from-file", str(path)).error
    assert not list((tmp_path / "home").rglob("*.gguf"))


# --- damage ----------------------------------------------------------------------------------------------------------


DAMAGED = {
    "a row is cut off": "UPDATE event SET body = substr(body, 1, 40) WHERE seq = 2",
    "a row is missing": "DELETE FROM event WHERE seq = 2",
    "the first row is missing": "DELETE FROM event WHERE seq = 0",
    "the first row is another": "UPDATE event SET body = (SELECT body FROM event WHERE seq = 2) WHERE seq = 0",
    "a row is the first one again": "UPDATE event SET body = (SELECT body FROM event WHERE seq = 0) WHERE seq = 2",
    "rows changed places": "UPDATE event SET seq = CASE seq WHEN 1 THEN -1 ELSE seq END",
    "the table is gone": "ALTER TABLE event RENAME TO gone",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_transcript_is_one_line(hotseat: Hotseat, interview: str, tmp_path: Path, damage: str) -> None:
    with sqlite3.connect(tmp_path / "home" / "transcripts.sqlite") as connection:
        connection.execute(damage)
    assert hotseat("score", interview).error
    listed = hotseat("sessions")
    assert listed.code == 0 or listed.error


Break = Callable[[Path], object]


def overwrite(name: str, content: str | bytes) -> Break:
    return lambda root: (root / name).write_bytes(content.encode() if isinstance(content, str) else content)


PROBLEM_FILE = f"problems/{PROBLEM}.yaml"
BROKEN: dict[str, tuple[Break, str]] = {
    "no stages": (lambda root: (root / "stages.yaml").unlink(), "stages.yaml: is missing"),
    "no scoring": (lambda root: (root / "scoring.yaml").unlink(), "scoring.yaml: cannot be read"),
    "wrong scoring": (overwrite("scoring.yaml", "version: one\n"), "scoring.yaml: version"),
    "problem is no YAML": (overwrite(PROBLEM_FILE, "id: [\n"), f"{PROBLEM_FILE}: is not valid YAML"),
    "problem is a list": (overwrite(PROBLEM_FILE, "- a\n- b\n"), PROBLEM_FILE),
    "problem is binary": (overwrite(PROBLEM_FILE, b"\xff\xfe\x00"), f"{PROBLEM_FILE}: is not UTF-8"),
    "problem is empty": (overwrite(PROBLEM_FILE, ""), PROBLEM_FILE),
    "no problems": (lambda root: shutil.rmtree(root / "problems"), "no problem could be read"),
    "note without front matter": (overwrite("concepts/drift.md", "# Drift\n"), "concepts/drift.md"),
    "case is binary": (overwrite("cases/stripe-radar.md", b"\xff\xfe"), "cases/stripe-radar.md"),
}


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped content that the commands read instead of it."""
    root = tmp_path / "content"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", "weights"))
    for reads in (knowledge.library.load, knowledge.library.check, agent.content.load_scoring):
        assert inspect.signature(reads).parameters["root"].default == ROOT
        monkeypatch.setattr(reads, "__defaults__", (root,))
    return root


@pytest.mark.parametrize(("damage", "named"), BROKEN.values(), ids=BROKEN)
def test_a_broken_content_file_is_named_by_the_check_and_by_whoever_needs_it(
    hotseat: Hotseat, content: Path, damage: Break, named: str, script: str
) -> None:
    damage(content)
    checked = hotseat("knowledge", "check")
    assert checked.code == 1
    assert named in checked.out
    error = hotseat("play", "--problem", PROBLEM, "--candidate", script, "--json").error
    assert "hotseat knowledge check" in error


def test_the_check_tells_everything_at_once(hotseat: Hotseat, content: Path) -> None:
    for name in ("stages.yaml", "scoring.yaml", "cases/stripe-radar.md"):
        (content / name).unlink()
    out = hotseat("knowledge", "check").out
    assert all(name in out for name in ("stages.yaml", "scoring.yaml", "'stripe-radar'"))
