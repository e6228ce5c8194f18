"""Fits and measures the local reader: `python -m evals.coverage.fit`.

Every figure on `answers-*.yaml` (of `FITTED_ON`) is leave-problem-out: the coefficients that read one problem were
fitted on the others. The figures on `test-*.yaml` are those of the coefficients in `agent/reader.py`, as they ship. The
last line is what `agent/reader.py` should hold, fitted on all of `FITTED_ON`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent.coverage import ARGUED, FEATURES, UNJUDGED, Calibration, Embed, Weights, context, rubric
from agent.crossencoder import load_judge
from agent.events import Depth
from agent.judgement import Judge
from agent.reader import CALIBRATION, Reader
from evals.coverage.answers import (
    FITTED_ON,
    Array,
    Cells,
    Labelled,
    Part,
    by_answer,
    labelled,
    problems_with,
    report,
    said,
)
from knowledge.embedding import load_embedder
from knowledge.library import Library, load

RIDGE = 0.1
"""Chosen on `FITTED_ON`, problem by problem left out: 1.0 and more held the coefficients back."""


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


def with_second_pass(one: Labelled, alone: Array) -> Array:
    """The features with the judgement and the context behind them; `alone` are the coefficients of the first pass."""
    probability = predict(alone, one.features)
    extra = np.zeros(len(probability))
    for number in np.unique(one.answer):
        rows = one.answer == number
        found = np.zeros(len(one.reader.points))
        np.maximum.at(found, one.point[rows], probability[rows])
        extra[rows] = context(found, one.reader)[one.point[rows]]
    return np.asarray(np.c_[one.features, one.judged[:, 0], extra], dtype=np.float64)


def fit_both(sets: Sequence[Labelled]) -> tuple[Array, Array]:
    """Coefficients of both passes."""
    truth = np.concatenate([one.shown for one in sets]).astype(float)
    alone = fit(np.concatenate([one.features for one in sets]), truth)
    return alone, fit(np.concatenate([with_second_pass(one, alone) for one in sets]), truth)


def read_held_out(one: Labelled, others: Sequence[Labelled]) -> Cells:
    alone, together = fit_both(others)
    return by_answer(one, np.where(one.silent, 0.0, predict(together, with_second_pass(one, alone))))


def read_as_shipped(one: Labelled, by: Calibration) -> Cells:
    """With the coefficients of `by`, the bonus of what was asked and of the stage included."""
    alone = np.r_[by.alone.bias, by.alone.of_features]
    together = np.r_[by.together.bias, by.together.of_features, by.together.judged, by.together.context]
    p = predict(together, with_second_pass(one, alone))
    odds = np.log(p / (1 - p)) + by.asked * one.asked + by.here * one.here
    return by_answer(one, np.where(one.silent, 0.0, 1 / (1 + np.exp(-odds))))


def weights(beta: Array) -> Weights:
    names = ("bias", *FEATURES, "judged", "context")
    return Weights(**dict(zip(names, (round(float(b), 2) for b in beta), strict=False)))


def depths(sets: Sequence[Labelled]) -> str:
    """How often a depth is the labelled one, on judged sentences that show their point: the words', the
    cross-encoder's, and the one that ships."""
    judged = np.concatenate([one.judged for one in sets])
    truth, words = (np.concatenate([getattr(one, name) for one in sets]) for name in ("depth", "words"))
    at = (truth >= 0) & (judged[:, 0] > UNJUDGED)
    own = (judged[at, 1] > 0).astype(int) + ((judged[at, 1] > 0) & (judged[at, 2] > 0))
    shipped = np.where(judged[at, 2] > ARGUED, Depth.JUSTIFIED.rank, words[at])
    found = {"by words": words[at], "by model": own, "as shipped": shipped}
    shares = ", ".join(f"{name} {(one == truth[at]).mean():.2f}" for name, one in found.items())
    return f"depth as labelled, of {int(at.sum())} sentences: {shares}"


def reliability(cells: Sequence[Cells]) -> list[str]:
    """Per tenth of probability: cells, mean probability, and how many of them are shown; empty tenths are left out.

    `Scorecard.likely` takes these probabilities at their word.
    """
    p = np.concatenate([one.probability for one in cells])
    y = np.concatenate([one.shown for one in cells])
    tenths = [(low, (p >= low) & (p < low + 0.1)) for low in np.arange(0.0, 1.0, 0.1)]
    return [
        f"  {low:.1f} to {low + 0.1:.1f}: {at.sum():5} cells, said {p[at].mean():.2f}, shown {y[at].mean():.2f}"
        for low, at in tenths
        if at.any()
    ]


def seconds(part: Part, library: Library, reader: Reader) -> Array:
    """Wall time per answer of that part, question and all, after one that warms up."""
    took = []
    for name in problems_with(part):
        problem = library.problems[name]
        reader.prepare(problem)
        texts = [answer.text for answer in said(name, part)]
        reader.read(problem, texts[0], asked=None, question="")
        for text in texts:
            began = time.perf_counter()
            reader.read(problem, text, asked=None, question="")
            took.append(time.perf_counter() - began)
    return np.array(took)


def measured(part: Part, names: Sequence[str], library: Library, embed: Embed, judge: Judge) -> dict[str, Labelled]:
    rubrics = {name: rubric(library.problems[name], embed) for name in names}
    return {name: labelled(name, part, read, embed, judge, CALIBRATION) for name, read in rubrics.items()}


def shown(title: str, cells: Sequence[Cells], by: Calibration) -> None:
    print(title)
    for figure, value in report(cells, by.shown, by.unsure).items():
        print(f"  {figure:32} {value:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shown", type=float, default=CALIBRATION.shown)
    parser.add_argument("--unsure", type=float, default=CALIBRATION.unsure)
    options = parser.parse_args()
    library, embedder, encoder = load(), load_embedder(), load_judge()
    by = replace(CALIBRATION, shown=options.shown, unsure=options.unsure)

    sets = measured("answers", FITTED_ON, library, embedder.embed, encoder.judge)
    held = {n: read_held_out(one, [other for other in sets.values() if other is not one]) for n, one in sets.items()}
    for name, cells in held.items():
        shown(name, [cells], by)
    shown("all answers, leave-problem-out", list(held.values()), by)

    tests = measured("test", problems_with("test"), library, embedder.embed, encoder.judge)
    shipped = [read_as_shipped(one, by) for one in tests.values()]
    shown("test, as shipped", shipped, by)
    print("test, probability and truth", *reliability(shipped), sep="\n")
    print(" ", depths(list(tests.values())))

    took = seconds("test", library, Reader(embedder.embed, encoder.judge, by))
    print(f"  seconds per answer: median {np.median(took):.3f}, p95 {np.quantile(took, 0.95):.3f}, n {len(took)}")
    alone, together = (weights(beta) for beta in fit_both(list(sets.values())))
    print(replace(by, alone=alone, together=together))


if __name__ == "__main__":
    main()
