"""`hotseat play`: the interview against a scripted candidate. Its JSON is a contract: version 1."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.errors import UsageError
from agent.events import Answered, MoveKind, Setup
from agent.interviewer import Interviewer
from agent.models.scripted import Scripted
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from knowledge.schema import StageId
from tests.agent.doubles import TellingReader
from tests.factory import shown
from tests.ui.serving import HOTSEAT, environment
from tests.ui.terminal import warm
from ui.play import Candidate, play, read_candidate

PROBLEM = "video-recommendation"


@pytest.fixture(scope="module")
def said(library: Library) -> list[str]:
    """A question about the problem and two good answers, one with a character outside of ASCII."""
    stages = library.problems[PROBLEM].stages
    good = [stages[stage][0].strong for stage in (StageId.CLARIFY, StageId.MODEL)]
    return ["How many people open the app on a normal day?", f"Well — {good[0]}", good[1]]


@pytest.fixture(scope="module")
def printed(
    tmp_path_factory: pytest.TempPathFactory, warm_home: Path, said: list[str]
) -> subprocess.CompletedProcess[str]:
    """One run of the command in a process of its own."""
    folder = tmp_path_factory.mktemp("play")
    script = folder / "candidate.yaml"
    board = {"nodes": [{"id": "a", "label": "Queue"}], "edges": []}
    script.write_text(yaml.safe_dump({"turns": [said[0], {"text": said[1], "board": board}, said[2]]}))
    command = ["play", "--problem", PROBLEM, "--candidate", str(script), "--level", "staff", "--json"]
    return subprocess.run(
        [*HOTSEAT, *command, "--mode", "practice"],
        env=environment(warm(warm_home, folder / "home"), folder / "guard.txt"),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def result(printed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(printed.stdout)  # type: ignore[no-any-return]


# --- the contract ----------------------------------------------------------------------------------------------------


def test_stdout_is_one_json_object_on_one_line_and_nothing_else(printed: subprocess.CompletedProcess[str]) -> None:
    assert printed.stdout.count("\n") == 1
    assert isinstance(json.loads(printed.stdout), dict)
    assert "—" in printed.stdout, "words are printed as they were said, not escaped"


def test_the_contract_has_a_version_and_says_what_was_played(result: dict[str, Any]) -> None:
    assert result["contract"] == 1
    assert result["scorecard"]["contract"] == 1
    assert set(result) >= {"interview", "setup", "transcript", "scorecard"}
    setup = result["setup"]
    assert (setup["problem"], setup["level"], setup["mode"]) == (PROBLEM, "staff", "practice")


def test_turns_are_numbered_from_1_and_alternate(result: dict[str, Any]) -> None:
    turns = result["transcript"]["turns"]
    assert [turn["n"] for turn in turns] == list(range(1, len(turns) + 1))
    assert turns[0]["who"] == "interviewer"
    assert {turn["who"] for turn in turns} == {"interviewer", "candidate"}
    doubled = [one["n"] for one, other in pairwise(turns) if one["who"] == other["who"]]
    assert doubled == [len(turns) - 2, len(turns) - 1], "only close and debrief follow a turn of the interviewer"
    assert [turn["at"] for turn in turns] == sorted(turn["at"] for turn in turns)
    assert 0 <= turns[0]["at"] <= turns[-1]["at"] <= 45


def test_every_turn_has_the_names_of_the_contract(result: dict[str, Any]) -> None:
    for turn in result["transcript"]["turns"]:
        names = {"n", "who", "text", "at"}
        if turn["who"] == "interviewer":
            assert set(turn) == names | {"move"}
            assert set(turn["move"]) == {"kind", "stage", "point", "because"}
            assert turn["move"]["because"]
            assert MoveKind(turn["move"]["kind"])
        else:
            assert set(turn) == names


def test_the_candidate_says_the_script_in_order_and_nothing_more(result: dict[str, Any], said: list[str]) -> None:
    assert [turn["text"] for turn in result["transcript"]["turns"] if turn["who"] == "candidate"] == said


def test_it_opens_closes_and_debriefs(result: dict[str, Any]) -> None:
    moves = [turn["move"]["kind"] for turn in result["transcript"]["turns"] if "move" in turn]
    assert (moves[0], moves[-2:]) == ("open", ["close", "debrief"])
    assert moves[1] == "tell", "what the candidate asks about the problem is answered"


def test_the_scorecard_has_the_names_of_the_contract(result: dict[str, Any], library: Library) -> None:
    card = result["scorecard"]
    names = {"marks", "verdict", "overall", "dimensions", "caps", "coverage"}
    assert names <= set(card)
    assert card["verdict"] in {"no-hire", "lean-no", "lean-hire", "hire", "strong-hire"}
    assert 0 <= card["overall"] <= 100
    assert len(card["dimensions"]) == 8
    assert all(1 <= value <= 4 for value in card["dimensions"].values())
    assert list(card["coverage"]) == [stage.value for stage in library.stages]
    assert all({"shown", "expected", "minutes", "planned"} <= set(row) for row in card["coverage"].values())
    assert all(set(cap) >= {"id", "best", "because"} for cap in card["caps"])


def test_every_mark_quotes_its_turn(result: dict[str, Any]) -> None:
    turns = {turn["n"]: turn for turn in result["transcript"]["turns"]}
    marks = result["scorecard"]["marks"]
    assert marks, "a script with good answers earned nothing"
    for mark in marks:
        assert {"point", "depth", "quote", "turn", "promptedness"} <= set(mark)
        assert mark["depth"] in {"named", "explained", "justified"}
        assert mark["promptedness"] in {"unprompted", "probe", "hint-1", "hint-2", "hint-3"}
        assert mark["quote"]
        assert mark["quote"] in turns[mark["turn"]]["text"]


# --- in process ------------------------------------------------------------------------------------------------------


@pytest.fixture
def interviewer(tmp_path: Path, tiny: Library, scoring: Scoring) -> Interviewer:
    return Interviewer(library=tiny, scoring=scoring, store=Store(tmp_path / "home"), reader=TellingReader())  # type: ignore[arg-type]


async def played(interviewer: Interviewer, *turns: Any) -> str:
    candidate = Candidate.model_validate({"turns": turns})
    return [interview async for interview in play(interviewer, Setup(problem="tiny"), candidate)][-1]


async def test_a_board_reaches_the_transcript(interviewer: Interviewer) -> None:
    interview = await played(interviewer, "One.", {"text": "Two.", "board": {"nodes": []}})
    answers = [e for e in interviewer.store.events(interview) if isinstance(e, Answered)]
    assert [(answer.text, answer.board) for answer in answers] == [("One.", None), ("Two.", {"nodes": []})]


async def test_what_is_left_of_a_script_is_not_said_after_the_end(interviewer: Interviewer) -> None:
    interview = await played(interviewer, "finish", "It went well.", "One more thing.", "And another.")
    view = interviewer.view(interview)
    assert view.ended
    assert [turn.text for turn in view.turns if turn.who == "candidate"] == ["finish", "It went well."]


async def test_a_model_settles_what_is_unsure_as_it_goes(interviewer: Interviewer) -> None:
    """The last scored answer too: nothing comes after it that could settle it later."""
    interviewer.reader = TellingReader(shown("frame-amber", "One.", state="unsure"))  # type: ignore[assignment]
    interviewer.model = Scripted(log_odds=[9.0], small=True)
    interview = await played(interviewer, "One.")
    assert [mark.point for mark in interviewer.scorecard(interview).marks] == ["frame-amber"]


# --- candidate files -------------------------------------------------------------------------------------------------

Write = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "candidate.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


WRONG: dict[str, tuple[str | bytes, str]] = {
    "empty file": ("", "top level"),
    "no turns": ("answers: [a]", "turns"),
    "empty list": ("turns: []", "turns"),
    "a list alone": ("- a\n- b\n", "top level"),
    "a number as a turn": ("turns: [42]", "turns.0"),
    "a turn without text": ("turns: [fine, {board: {}}]", "turns.1"),
    "an unknown name": ("turns: [{text: a, bored: {}}]", "turns.0"),
    "not YAML": ("turns: [a, 'b\n", "not valid YAML"),
    "tabs": ("turns:\n\t- a\n", "not valid YAML"),
    "code": ("turns: !!python/object/apply:os.getcwd []", "not valid YAML"),
    "binary": (b"\xff\xfe\x00\x01turns", "not valid YAML"),
    "control characters": ("turns: ['\x07']", "not valid YAML"),
}


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_candidate_file_is_one_line_that_says_where(content: str | bytes, says: str, written: Write) -> None:
    path = written(content)
    with pytest.raises(UsageError) as caught:
        read_candidate(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    assert says in text


def test_a_missing_candidate_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_candidate(path)
