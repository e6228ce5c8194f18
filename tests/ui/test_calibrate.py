"""`hotseat model calibrate`: what is printed, what is kept, and what the next interview makes of it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.assessor import FUSION
from agent.errors import ModelStalled
from agent.models.port import Message
from agent.models.scripted import Scripted
from evals.coverage.items import draw
from tests.ui.terminal import Hotseat
from ui.assembly import assemble

NUMBER = 60
ENVIRONMENT = {"HOTSEAT_MODEL": "tiny-1b", "HOTSEAT_BASE_URL": "http://127.0.0.1:9/v1"}
"""Nothing listens at the discard port."""
CALIBRATE = ("model", "calibrate", "--items", str(NUMBER))


class Interrupted(Scripted):
    """Somebody presses Ctrl-C at the tenth item."""

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        if len(self.asked) == 10:
            raise KeyboardInterrupt
        return await super().yes_log_odds(messages)


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def telling() -> list[float]:
    """Log-odds of a model that is mostly right."""
    rng = random.Random(5)
    return [rng.gauss(1.5 if item.shown else -1.5, 1) for item in draw(NUMBER)]


def use(monkeypatch: pytest.MonkeyPatch, model: Scripted) -> Scripted:
    monkeypatch.setattr("ui.calibrate.model_of", lambda settings: model)
    return model


def kept(home: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in (home / "calibration").iterdir()}


def test_a_model_that_tells_true_from_false_votes_by_its_own_thresholds(
    hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, telling: list[float]
) -> None:
    model = use(monkeypatch, Scripted(log_odds=telling))
    ended = hotseat(*CALIBRATE)
    assert ended.code == 0
    assert "60 items" in ended.out
    assert "AUC 0.9" in ended.out
    assert [list(asked) for asked in model.asked] == [item.messages for item in draw(NUMBER)]
    (text,) = kept(tmp_path / "home").values()
    fusion = assemble(index=False).interviewer.fusion
    assert fusion not in (None, FUSION)
    assert vars(fusion) == json.loads(text)["fusion"]


def test_json_is_what_is_kept(
    hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, telling: list[float]
) -> None:
    use(monkeypatch, Scripted(log_odds=telling))
    printed = json.loads(hotseat(*CALIBRATE, "--json").out)
    (text,) = kept(tmp_path / "home").values()
    assert printed == json.loads(text)
    assert (printed["model"], printed["base_url"]) == tuple(ENVIRONMENT.values())


@pytest.mark.parametrize(
    ("log_odds", "why"), [([5.0] * NUMBER, "guessing"), ([], "log-probabilities")], ids=["always yes", "no log-odds"]
)
def test_a_model_that_does_not_vote_is_told_in_one_line_and_not_asked_again(
    hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch, log_odds: list[float], why: str
) -> None:
    use(monkeypatch, Scripted(log_odds=log_odds))
    ended = hotseat(*CALIBRATE)
    assert (ended.code, ended.out.count("\n")) == (0, 1)
    assert why in ended.out
    assert "not assessed" in ended.out
    assembly = assemble(index=False)
    assert (assembly.interviewer.fusion, assembly.warnings) == (None, [])


@pytest.mark.parametrize(
    "second", [Scripted(log_odds=[1.0, *[ModelStalled("silent")] * 2]), Interrupted(log_odds=[1.0] * NUMBER)]
)
def test_what_was_kept_survives_a_failure_and_an_interruption(
    hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, telling: list[float], second: Scripted
) -> None:
    use(monkeypatch, Scripted(log_odds=telling))
    hotseat(*CALIBRATE)
    before = kept(tmp_path / "home")
    use(monkeypatch, second)
    ended = hotseat(*CALIBRATE)
    assert ended.code != 0
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert kept(tmp_path / "home") == before


def test_a_server_that_is_not_there_is_one_line(hotseat: Hotseat, tmp_path: Path) -> None:
    ended = hotseat(*CALIBRATE)
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("hotseat: nothing answers for model 'tiny-1b'")
    assert kept(tmp_path / "home") == {}


def test_without_a_model_there_is_nothing_to_calibrate(hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTSEAT_MODEL")
    assert "HOTSEAT_MODEL" in hotseat(*CALIBRATE).error


def test_a_calibration_that_cannot_be_used_is_one_warning_and_the_default(
    hotseat: Hotseat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, telling: list[float]
) -> None:
    use(monkeypatch, Scripted(log_odds=telling))
    hotseat(*CALIBRATE)
    (path,) = kept(tmp_path / "home")
    path.write_text(path.read_text().replace('"prompt": "', '"prompt": "0'))
    assembly = assemble(index=False)
    assert assembly.interviewer.fusion == FUSION
    assert [line.count("hotseat model calibrate") for line in assembly.warnings] == [1]
    path.write_text("{")
    assert len(assemble(index=False).warnings) == 1


def test_without_a_calibration_the_default_decides() -> None:
    assembly = assemble(index=False)
    assert (assembly.interviewer.fusion, assembly.warnings) == (FUSION, [])
