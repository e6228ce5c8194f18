"""Lets a model decide what the local reader is unsure of: one yes/no item about one answer at a time.

The reader's probability is the prior and the model's log-odds the evidence; code fuses them, and the quote stays the
reader's exact substring, so a model can neither invent a quote nor reach any other answer.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from agent.clock import heard
from agent.events import Cell
from agent.models.port import Message, Model
from agent.phrasing import fenced
from knowledge.schema import Problem
from prompts import load


@dataclass(frozen=True)
class Fusion:
    """ln(p / 1-p) = prior log-odds + scale x (model log-odds - offset), with the thresholds of the decision.

    Fitted by `python -m evals.coverage.votes` with the 1.5B model: slope 1.41 and offset 0.33 at AUC .75; the slope is
    shaded because the reader's evidence and the model's are not independent.
    """

    scale: float = 1.2
    offset: float = 0.33
    shown: float = 0.65
    not_shown: float = 0.25


FUSION = Fusion()


def item(problem: Problem, point_id: str, answer: str) -> list[Message]:
    """The question whether `answer` shows the point; everything before the item is the same for all points."""
    point = problem.point(point_id)
    stage = problem.stage_of(point_id)
    text = load("item").render(answer=fenced(heard(answer)), stage=stage.value, statement=point.statement)
    return [Message("user", text)]


def fuse(cell: Cell, odds: float, by: Fusion = FUSION) -> Cell:
    """The cell after the model's vote."""
    prior = math.log(cell.probability / (1 - cell.probability))
    total = prior + by.scale * (odds - by.offset)
    probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
    state = "shown" if probability >= by.shown else "not-shown" if probability <= by.not_shown else "unsure"
    return cell.model_copy(update={"state": state, "probability": round(probability, 4)})


async def assess(model: Model, problem: Problem, answer: str, cells: Sequence[Cell]) -> AsyncIterator[Cell]:
    """The cells that the model could decide, as they are decided. Raises ModelError."""
    for cell in cells:
        odds = await model.yes_log_odds(item(problem, cell.point, answer))
        if odds is None:
            return
        yield fuse(cell, odds)
