"""Where a model's calibration is kept, and what happens when it cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.assessor import Fusion
from agent.calibration import Calibration, load, prompt_hash, save
from agent.errors import StoreError
from agent.settings import ModelSettings

MODEL = ModelSettings("tiny-1b", "http://127.0.0.1:8077/v1", SecretStr("a-secret"), small=True)


def calibration(**changes: Any) -> Calibration:
    given = {
        "when": datetime(2026, 1, 1, tzinfo=UTC),
        "model": MODEL.model,
        "base_url": MODEL.base_url,
        "prompt": prompt_hash(),
        "items": 60,
        "seconds": 12.5,
        "auc": 0.8,
        "interval": (0.7, 0.9),
        "fusion": Fusion(1.7, 0.1, 0.7, None),
    }
    return Calibration.model_validate(given | changes)


@pytest.mark.parametrize("kept", [calibration(), calibration(fusion=None, why="it is guessing")])
def test_what_was_kept_comes_back(tmp_path: Path, kept: Calibration) -> None:
    path = save(tmp_path, kept)
    assert load(tmp_path, MODEL) == kept
    assert [path] == list((tmp_path / "calibration").iterdir()), "nothing else is left behind"


def test_a_later_one_replaces_it(tmp_path: Path) -> None:
    save(tmp_path, calibration())
    save(tmp_path, calibration(items=40))
    found = load(tmp_path, MODEL)
    assert found is not None
    assert found.items == 40


@pytest.mark.parametrize(("model", "url"), [("tiny-2b", MODEL.base_url), (MODEL.model, "https://elsewhere.example/v1")])
def test_another_model_or_server_has_none(tmp_path: Path, model: str, url: str) -> None:
    save(tmp_path, calibration())
    assert load(tmp_path, ModelSettings(model, url, SecretStr("x"), small=True)) is None


def test_another_wording_of_the_item_needs_another_calibration(tmp_path: Path) -> None:
    save(tmp_path, calibration(prompt="0" * 12))
    with pytest.raises(StoreError, match=r"another wording.*hotseat model calibrate"):
        load(tmp_path, MODEL)


def changed(**changes: Any) -> Callable[[str], str]:
    return lambda text: json.dumps(json.loads(text) | changes)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        changed(surprise=1),
        changed(fusion={"scale": 1.0, "offset": 0.0, "shown": 0.2, "not_shown": 0.6}),
        changed(fusion={"scale": -1.0, "offset": 0.0, "shown": 0.6, "not_shown": 0.2}),
        changed(fusion={"scale": 1.0, "offset": 0.0, "shown": 1.6, "not_shown": 0.2}),
    ],
    ids=["empty", "cut", "unknown field", "crossed thresholds", "backwards", "no probability"],
)
def test_a_broken_one_is_one_line_that_says_what_to_do(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    path = save(tmp_path, calibration())
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StoreError, match=r"tiny-1b cannot be read.*hotseat model calibrate") as failure:
        load(tmp_path, MODEL)
    assert "\n" not in str(failure.value)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "calibration").write_text("a file is in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        save(tmp_path, calibration())
