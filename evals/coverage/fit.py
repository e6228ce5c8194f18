"""Fits and measures the local reader: `python -m evals.coverage.fit`.

Data: `data/answers-<problem>.yaml`, answers written and labelled sentence by sentence by somebody who saw the
statements of the points and nothing else of the content. Every figure is leave-problem-out: the coefficients that read
one problem were fitted on the others. The last lines are the coefficients for `agent/reader.py`, fitted on all.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from agent.coverage import FEATURES, Calibration, Embed, Rubric, Weights, context, measure, rubric
from knowledge.embedding import load_embedder
from knowledge.library import Library, load

DATA = Path(__file__).parent / "data"
RIDGE = 1.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """All (sentence, point) cells of one problem. `answer` numbers the answers, `kind` says what sort of negative."""

    reader: Rubric
    features: Array
    shown: NDArray[np.bool_]
    answer: NDArray[np.int64]
    point: NDArray[np.int64]
    kind: NDArray[np.str_]


def labelled(problem_id: str, library: Library, reader: Rubric, embed: Embed) -> Labelled:
    """Reads one file of labelled answers. Raises ValueError for a label that names no point."""
    answers = yaml.safe_load((DATA / f"answers-{problem_id}.yaml").read_text(encoding="utf-8"))
    columns = {point: index for index, point in enumerate(reader.points)}
    features, shown, numbers, points, kinds = [], [], [], [], []
    for number, answer in enumerate(answers):
        parts = tuple(sentence["text"].strip() for sentence in answer["sentences"])
        scores = measure(parts, reader, embed)
        for row, sentence in enumerate(answer["sentences"]):
            near = sentence.get("near") or {}
            unknown = (set(sentence["shows"]) | set(near)) - columns.keys()
            if unknown:
                raise ValueError(f"{problem_id} {answer['id']}: no point {sorted(unknown)}")
            for point, column in columns.items():
                features.append(scores.features[row, column])
                shown.append(point in sentence["shows"])
                numbers.append(number)
                points.append(column)
                kinds.append(near.get(point, ""))
    return Labelled(
        reader,
        np.array(features, dtype=np.float64),
        np.array(shown),
        np.array(numbers),
        np.array(points),
        np.array(kinds),
    )


def fit(x: Array, y: Array) -> Array:
    """Ridge logistic regression by Newton's method: bias first, then one coefficient per feature."""
    x = np.c_[np.ones(len(x)), x]
    beta = np.zeros(x.shape[1])
    penalty = RIDGE * np.eye(len(beta))
    penalty[0, 0] = 0.0
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, x.T @ (y - p) - penalty @ beta)
        beta += step
    return beta


def predict(beta: Array, x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.c_[np.ones(len(x)), x] @ beta)), dtype=np.float64)


def with_context(one: Labelled, alone: Array) -> Array:
    """The features with that of the second pass behind them; `alone` are the coefficients of the first."""
    probability = predict(alone, one.features)
    extra = np.zeros(len(probability))
    for number in np.unique(one.answer):
        rows = one.answer == number
        found = np.zeros(len(one.reader.points))
        np.maximum.at(found, one.point[rows], probability[rows])
        extra[rows] = context(found, one.reader)[one.point[rows]]
    return np.asarray(np.c_[one.features, extra], dtype=np.float64)


def fit_both(sets: Sequence[Labelled]) -> tuple[Array, Array]:
    """Coefficients of both passes."""
    truth = np.concatenate([one.shown for one in sets]).astype(float)
    alone = fit(np.concatenate([one.features for one in sets]), truth)
    return alone, fit(np.concatenate([with_context(one, alone) for one in sets]), truth)


def read_held_out(one: Labelled, others: Sequence[Labelled]) -> Cells:
    alone, together = fit_both(others)
    return by_answer(one, predict(together, with_context(one, alone)))


def weights(beta: Array) -> Weights:
    return Weights(**dict(zip(("bias", *FEATURES, "context"), (round(float(b), 2) for b in beta), strict=False)))


@dataclass(frozen=True)
class Cells:
    """Per (answer, point): the best probability over the sentences, the truth, and the hardest kind of negative."""

    probability: Array
    shown: NDArray[np.bool_]
    kind: list[str]


def by_answer(one: Labelled, probability: Array) -> Cells:
    best: dict[tuple[int, int], list[object]] = {}
    for a, p, prob, truth, kind in zip(one.answer, one.point, probability, one.shown, one.kind, strict=True):
        cell = best.setdefault((int(a), int(p)), [0.0, False, ""])
        cell[0] = max(float(cell[0]), float(prob))  # type: ignore[arg-type]
        cell[1] = bool(cell[1]) or bool(truth)
        cell[2] = str(kind) or cell[2]
    rows = list(best.values())
    return Cells(
        np.array([row[0] for row in rows], dtype=np.float64),
        np.array([row[1] for row in rows], dtype=np.bool_),
        [str(row[2]) for row in rows],
    )


def report(cells: Sequence[Cells], shown: float, unsure: float) -> dict[str, float]:
    """Precision and recall at `shown`, share left unsure, false alarms by kind of negative, best F1 over all cuts."""
    p = np.concatenate([c.probability for c in cells])
    y = np.concatenate([c.shown for c in cells])
    kind = np.array([k for c in cells for k in c.kind])
    sure = p >= shown
    open_ = (p >= unsure) & ~sure
    figures = {
        "cells": float(len(y)),
        "positives": float(y.sum()),
        "precision at shown": float(y[sure].mean()) if sure.any() else float("nan"),
        "true points shown": float(sure[y].mean()),
        "true points unsure": float(open_[y].mean()),
        "unsure cells": float(open_.mean()),
        "precision of unsure": float(y[open_].mean()) if open_.any() else float("nan"),
    }
    for name in ("vocabulary", "shallow", "rejects", "negated"):
        at = (kind == name) & ~y
        if at.any():
            figures[f"shown among {name} negatives"] = float(sure[at].mean())
    cuts = np.linspace(0.02, 0.98, 97)
    figures["best F1"] = max(2 * float(y[p >= c].sum()) / max(1.0, float((p >= c).sum() + y.sum())) for c in cuts)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shown", type=float, default=0.55)
    parser.add_argument("--unsure", type=float, default=0.1)
    options = parser.parse_args()
    library, embedder = load(), load_embedder()
    names = sorted(path.stem.removeprefix("answers-") for path in DATA.glob("answers-*.yaml"))
    sets = [labelled(n, library, rubric(library.problems[n], embedder.embed), embedder.embed) for n in names]
    held = [read_held_out(one, [other for other in sets if other is not one]) for one in sets]
    for name, cells in zip([*names, "all"], [[c] for c in held] + [held], strict=True):
        print(name)
        for figure, value in report(cells, options.shown, options.unsure).items():
            print(f"  {figure:32} {value:.3f}")
    alone, together = (weights(beta) for beta in fit_both(sets))
    print(Calibration(alone, together, asked=1.6, here=0.3, shown=options.shown, unsure=options.unsure))


if __name__ == "__main__":
    main()
