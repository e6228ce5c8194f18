"""Measures a model's votes on single items: `python -m evals.coverage.votes`, with HOTSEAT_MODEL and its variables set.

Items are drawn from `data/coverage_set.jsonl` with a fixed seed: of forty answers up to three points that each shows,
up to two hard negatives and two easy ones. Prints the area under the curve, and the slope and offset of ln(p / 1-p)
in the model's log-odds with the base rate taken out: the numbers behind `Fusion` in `agent/assessor.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np

from agent.errors import UsageError
from agent.models.endpoint import Endpoint
from agent.models.port import Message, Model
from agent.settings import read_settings
from evals.coverage.answers import Array
from evals.coverage.fit import fit
from prompts import load

DATA = Path(__file__).parent / "data"
ANSWERS, SEED = 40, 1
STAGES = {"A": "clarify", "B": "data", "C": "model", "D": "evaluate", "E": "serve"}


def items() -> list[tuple[str, bool]]:
    """(rendered item, whether the answer shows it)."""
    rubric = json.loads((DATA / "coverage_rubric.json").read_text(encoding="utf-8"))
    answers = [json.loads(line) for line in (DATA / "coverage_set.jsonl").read_text(encoding="utf-8").splitlines()]
    rng = random.Random(SEED)
    drawn: list[tuple[str, bool]] = []
    for answer in rng.sample(answers, ANSWERS):
        drawn += [(_render(answer, rubric[p]["statement"]), bool(answer["labels"][p])) for p in _points(answer, rng)]
    return drawn


def _points(answer: dict[str, Any], rng: random.Random) -> list[str]:
    shown = [point for point, label in answer["labels"].items() if label]
    hard = list(answer["hard_neg"])
    easy = [point for point, label in answer["labels"].items() if not label and point not in hard]
    return rng.sample(shown, min(3, len(shown))) + rng.sample(hard, min(2, len(hard))) + rng.sample(easy, 2)


def _render(answer: dict[str, Any], statement: str) -> str:
    return load("item").render(answer=answer["text"], stage=STAGES[answer["stage"]], statement=statement)


async def votes(model: Model, texts: list[str]) -> list[float | None]:
    return [await model.yes_log_odds([Message("user", text)]) for text in texts]


def report(odds: Array, shown: Array) -> str:
    """The figures in one line."""
    above = odds[shown == 1][:, None] - odds[shown == 0]
    area = float((above > 0).mean() + (above == 0).mean() / 2)
    bias, slope = fit(odds[:, None], shown)
    base = np.log(shown.mean() / (1 - shown.mean()))
    return f"{len(odds)} items, AUC {area:.3f}, slope {slope:.2f}, offset {(base - bias) / slope:.2f}"


def main() -> None:
    settings = read_settings(os.environ).model
    if settings is None:
        raise UsageError("Set HOTSEAT_MODEL and HOTSEAT_BASE_URL to the model that is to be measured.")
    drawn = items()
    found = asyncio.run(votes(Endpoint(settings), [text for text, _ in drawn]))
    pairs = [(odds, shown) for odds, (_, shown) in zip(found, drawn, strict=True) if odds is not None]
    print(report(np.array([odds for odds, _ in pairs]), np.array([float(shown) for _, shown in pairs])))


if __name__ == "__main__":
    main()
