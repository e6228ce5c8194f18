"""What a model's votes are worth, as `hotseat model calibrate` measured it: one JSON file per model and server. I/O.

How it is measured stands in `evals/coverage/calibrate.py`.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.assessor import Fusion
from agent.errors import StoreError
from agent.settings import ModelSettings
from prompts import load as load_prompt


class Calibration(BaseModel):
    """`items` is how many the model answered; `auc` and its 95 % interval are None when it answered too few.

    Without a `fusion` the model does not vote, and `why` says why not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: datetime
    model: str
    base_url: str
    prompt: str
    items: int
    seconds: float
    auc: float | None = None
    interval: tuple[float, float] | None = None
    fusion: Fusion | None = None
    why: str = ""


def prompt_hash() -> str:
    """Of the wording of the item: another wording needs another calibration."""
    return load_prompt("item").hash


def make_folder(home: Path) -> Path:
    """Where calibrations are kept. Raises StoreError."""
    folder = home / "calibration"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}.") from None
    return folder


def save(home: Path, calibration: Calibration) -> Path:
    """Replaces an earlier one of the same model and server in one step. Raises StoreError."""
    path = make_folder(home) / _name(calibration.model, calibration.base_url)
    part = path.with_suffix(".part")
    try:
        part.write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def load(home: Path, settings: ModelSettings) -> Calibration | None:
    """The calibration of this model, None if there is none. Raises StoreError for one that cannot be used."""
    path = home / "calibration" / _name(settings.model, settings.base_url)
    try:
        found = Calibration.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise StoreError(_unusable(settings, f"cannot be read ({path})")) from None
    if found.prompt != prompt_hash():
        raise StoreError(_unusable(settings, "was made with another wording of the question"))
    return found


def _unusable(settings: ModelSettings, why: str) -> str:
    again = "`hotseat model calibrate` makes it anew; until then the default thresholds decide"
    return f"The calibration of {settings.model} {why}: {again}."


def _name(model: str, base_url: str) -> str:
    return hashlib.sha256(f"{base_url}\0{model}".encode()).hexdigest()[:16] + ".json"
