"""Measures reader, model, and both together on answers of the test set: `python -m evals.coverage.votes`.

With HOTSEAT_MODEL and its variables set. Draws answers with a fixed seed, reads each as in an interview, and asks the
model one item for every point that the reader calls shown or unsure. Prints, over all points of these answers, what the
reader alone shows, what the model alone would show of the same cells, and what both do together (the reader's marks
stand, the model decides what was unsure); then the AUC of the votes on unsure points, with slope and offset of
ln(p / 1-p) beside the reader's probability: the numbers behind `Fusion` in `agent/assessor.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agent.assessor import FUSION, Fusion, fuse, item
from agent.crossencoder import load_judge
from agent.errors import UsageError
from agent.events import Cell
from agent.models.endpoint import Endpoint
from agent.models.port import Model
from agent.reader import Reader
from agent.settings import read_settings
from evals.coverage.answers import Answer, problems_with, said
from evals.coverage.calibrate import auc
from evals.coverage.fit import fit
from knowledge.embedding import load_embedder
from knowledge.library import load

SEED = 1
State = Literal["shown", "unsure", "not-shown"]


@dataclass(frozen=True)
class Vote:
    """One cell that was asked about. `odds` are the model's, `state` is the reader's."""

    cell: Cell
    odds: float
    shown: bool


def drawn(number: int) -> list[tuple[str, Answer]]:
    """Answers of the test set with their problems, spread evenly over these."""
    rng = random.Random(SEED)
    sources = [(name, rng.sample(said(name, "test"), 12)) for name in problems_with("test")]
    rng.shuffle(sources)
    rounds = [(name, answers[turn]) for turn in range(12) for name, answers in sources]
    return rounds[:number]


async def votes(
    model: Model, reader: Reader, answers: Sequence[tuple[str, Answer]], progress: Callable[[int, int], None]
) -> tuple[list[Vote], int]:
    """Votes on what the reader found, and the number of true points in these answers."""
    library = load()
    found: list[Vote] = []
    true = 0
    for done, (name, answer) in enumerate(answers):
        progress(done, len(answers))
        problem = library.problems[name]
        true += len(answer.shown - answer.disputed)
        cells = reader.read(problem, answer.text, asked=answer.asked, question=answer.question, here=answer.stage)
        for cell in (cell for cell in cells if cell.point not in answer.disputed):
            odds = await model.yes_log_odds(item(problem, cell.point, answer.text))
            if odds is not None:
                found.append(Vote(cell, odds, cell.point in answer.shown))
    return found, true


def both(vote: Vote, by: Fusion = FUSION) -> State:
    return vote.cell.state if vote.cell.state == "shown" else fuse(vote.cell, vote.odds, by).state


def line(name: str, states: Sequence[State], truth: Sequence[bool], true: int) -> str:
    """Precision and recall of "shown", their F1, and the share of true points left unsure."""
    shown = [y for state, y in zip(states, truth, strict=True) if state == "shown"]
    open_ = sum(y for state, y in zip(states, truth, strict=True) if state == "unsure")
    hits = sum(shown)
    f1 = 2 * hits / (len(shown) + true) if true else 0.0
    precision = hits / len(shown) if shown else float("nan")
    return f"{name:12} precision {precision:.2f}, shown {hits / true:.2f}, F1 {f1:.2f}, unsure {open_ / true:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=48, help="Answers of the test set to draw, 192 at most.")
    options = parser.parse_args()
    settings = read_settings(os.environ).model
    if settings is None:
        raise UsageError("Set HOTSEAT_MODEL and HOTSEAT_BASE_URL to the model that is to be measured.")
    reader = Reader(load_embedder().embed, load_judge().judge)
    answers = drawn(options.answers)
    progress = lambda done, total: print(f"\r{done} of {total} answers", end="", file=sys.stderr)  # noqa: E731
    found, true = asyncio.run(votes(Endpoint(settings), reader, answers, progress))
    truth = [vote.shown for vote in found]
    print(f"\n{len(answers)} answers, {true} true points, {len(found)} items")
    print(line("reader", [vote.cell.state for vote in found], truth, true))
    print(line("model", ["shown" if vote.odds > FUSION.offset else "not-shown" for vote in found], truth, true))
    print(line("both", [both(vote) for vote in found], truth, true))
    unsure = [vote for vote in found if vote.cell.state == "unsure"]
    odds, shown = (np.array([getattr(vote, name) for vote in unsure], float) for name in ("odds", "shown"))
    prior = np.array([np.log(vote.cell.probability / (1 - vote.cell.probability)) for vote in unsure])
    bias, slope, weight = fit(np.c_[odds, prior], shown)
    print(
        f"unsure items: {len(unsure)}, {shown.mean():.2f} true, AUC: model {auc(odds, shown):.2f}, reader "
        f"{auc(prior, shown):.2f}; ln(p / 1-p) = {bias:.2f} + {slope:.2f} odds + {weight:.2f} prior"
    )


if __name__ == "__main__":
    main()
