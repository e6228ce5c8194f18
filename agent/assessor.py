"""Lets a model decide what the local reader is unsure of: one yes/no item about one answer at a time.

The reader's probability is the prior and the model's log-odds the evidence; code fuses them, and the quote stays the
reader's exact substring, so a model can neither invent a quote nor reach any other answer.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.clock import heard
from agent.events import Cell
from agent.models.port import Message, Model
from agent.phrasing import fenced
from knowledge.schema import Problem, StageId
from prompts import load


@dataclass(frozen=True)
class Fusion:
    """ln(p / 1-p) = prior log-odds + scale x (model log-odds - offset), with the thresholds of the decision.

    A threshold of None: the model does not decide that side. Raises ValueError for numbers that decide nothing.

    The default was fitted by `python -m evals.coverage.votes` with the 1.5B model on 110 points that the reader left
    unsure: slope 0.78, offset -0.31 beside the reader's log-odds, AUC .62. `hotseat model calibrate` fits and keeps one
    for the model at hand.
    """

    scale: float = 0.66
    offset: float = -0.31
    shown: float | None = 0.65
    not_shown: float | None = 0.25

    def __post_init__(self) -> None:
        low, high = self.not_shown or 0.0, 1.0 if self.shown is None else self.shown
        if not (0 < self.scale < math.inf and math.isfinite(self.offset) and 0 <= low <= high <= 1):
            raise ValueError(f"{self} decides nothing sensible")


FUSION = Fusion()
SHADE = 0.85
"""Of a fitted slope: the reader's evidence and the model's are not independent, so the vote counts less than alone."""


def item(problem: Problem, point_id: str, answer: str) -> list[Message]:
    """The question whether `answer` shows the point."""
    return ask(answer, problem.stage_of(point_id), problem.point(point_id).statement)


def ask(answer: str, stage: StageId, statement: str) -> list[Message]:
    """One item. What differs between the items about one answer comes after it, so that a server reads it once."""
    text = load("item").render(answer=fenced(heard(answer)), stage=stage.value, statement=statement)
    return [Message("user", text)]


def fuse(cell: Cell, odds: float, by: Fusion = FUSION) -> Cell:
    """The cell after the model's vote."""
    prior = math.log(cell.probability / (1 - cell.probability))
    total = prior + by.scale * (odds - by.offset)
    probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
    return cell.model_copy(update={"state": _state(probability, by), "probability": round(probability, 4)})


async def assess(
    model: Model, problem: Problem, answer: str, cells: Sequence[Cell], by: Fusion = FUSION
) -> AsyncIterator[Cell]:
    """The cells that the model could decide, as they are decided. Raises ModelError."""
    for cell in cells:
        odds = await model.yes_log_odds(item(problem, cell.point, answer))
        if odds is None:
            return
        yield fuse(cell, odds, by)


def _state(probability: float, by: Fusion) -> Literal["shown", "not-shown", "unsure"]:
    if by.shown is not None and probability >= by.shown:
        return "shown"
    return "not-shown" if by.not_shown is not None and probability <= by.not_shown else "unsure"
