"""Answers labelled by people who saw neither cues nor training pairs, as cells of (answer, point). Reads `data/`.

Three uses, kept apart: `answers-*.yaml` of `FITTED_ON` fit the reader's coefficients, those of the other problems are
among what the cross-encoder learns from, `test-*.yaml` only measure. A test cell counts where both labellers agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from numpy.typing import NDArray

from agent.coverage import Calibration, Embed, Rubric, judgements, measure
from agent.depth import depth
from agent.events import Depth
from agent.judgement import Judge
from knowledge.schema import StageId

DATA = Path(__file__).parent / "data"
FITTED_ON = ("eta-prediction", "search-ranking", "video-recommendation")
"""Problems whose answers the cross-encoder never sees, so that how far it is to be trusted can be fitted on them."""
Array = NDArray[np.float64]
Part = Literal["answers", "test"]


@dataclass(frozen=True)
class Labelled:
    """All (sentence, point) cells of one problem.

    `features` is (cells, FEATURES), `judged` (cells, OUTPUTS); `answer` numbers the answers, `kind` says what sort of
    negative a cell is, `depth` the labelled rank or -1, `words` the rank that the words alone have (`agent.depth`);
    `asked` marks the point whose probe the answer replies to.
    """

    reader: Rubric
    features: Array
    judged: Array
    shown: NDArray[np.bool_]
    disputed: NDArray[np.bool_]
    answer: NDArray[np.int64]
    point: NDArray[np.int64]
    kind: NDArray[np.str_]
    depth: NDArray[np.int64]
    words: NDArray[np.int64]
    asked: NDArray[np.bool_]
    here: NDArray[np.bool_]
    silent: NDArray[np.bool_]


def problems_with(part: Part) -> list[str]:
    return sorted(path.stem.removeprefix(f"{part}-") for path in DATA.glob(f"{part}-*.yaml"))


@dataclass(frozen=True)
class Answer:
    """An answer as it was said, in reply to what, and the points that it shows."""

    text: str
    asked: str | None
    question: str
    stage: StageId | None
    shown: frozenset[str]
    disputed: frozenset[str]


def said(problem_id: str, part: Part) -> list[Answer]:
    answers = yaml.safe_load((DATA / f"{part}-{problem_id}.yaml").read_text(encoding="utf-8"))
    return [
        Answer(
            text=" ".join(one["text"].strip() for one in answer["sentences"]),
            asked=answer.get("asked") or None,
            question=answer.get("question", ""),
            stage=StageId(answer["stage"]) if answer.get("stage") else None,
            shown=frozenset(point for one in answer["sentences"] for point in one.get("shows") or ()),
            disputed=frozenset(_disputed(answer)),
        )
        for answer in answers
    ]


def spoken(problem_id: str) -> dict[str, tuple[dict[str, Depth | None], frozenset[str]]]:
    """Each statement of the labelled answers to a problem: the points it shows, with their depth where it was labelled,
    and its near misses. Nothing where there are no such answers; questions are left out."""
    path = DATA / f"answers-{problem_id}.yaml"
    answers = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    found: dict[str, tuple[dict[str, Depth | None], frozenset[str]]] = {}
    for sentence in (one for answer in answers for one in answer["sentences"]):
        text, shows = sentence["text"].strip(), sentence.get("shows") or ()
        if not text.endswith("?"):
            depths = {p: Depth(shows[p]) if isinstance(shows, dict) else None for p in shows}
            found[text] = (depths, frozenset(sentence.get("near") or ()))
    return found


def labelled(problem_id: str, part: Part, reader: Rubric, embed: Embed, judge: Judge, by: Calibration) -> Labelled:
    """Reads and measures one file of labelled answers. Raises ValueError for a label that names no point."""
    answers = yaml.safe_load((DATA / f"{part}-{problem_id}.yaml").read_text(encoding="utf-8"))
    rows: dict[str, list[Any]] = {name: [] for name in ROWS}
    for number, answer in enumerate(answers):
        _measured(problem_id, number, answer, reader, embed, judge, by, rows)
    return Labelled(reader, **{name: np.array(values) for name, values in rows.items()})


ROWS = (
    "features",
    "judged",
    "shown",
    "disputed",
    "answer",
    "point",
    "kind",
    "depth",
    "words",
    "asked",
    "here",
    "silent",
)


def _measured(
    problem_id: str,
    number: int,
    answer: dict[str, Any],
    reader: Rubric,
    embed: Embed,
    judge: Judge,
    by: Calibration,
    rows: dict[str, list[Any]],
) -> None:
    """Appends the cells of one answer."""
    parts = tuple(sentence["text"].strip() for sentence in answer["sentences"])
    asked = answer.get("asked") or None
    scores = measure(parts, reader, embed)
    judged = judgements(scores, reader, judge, by, asked, answer.get("question", ""))
    disputed = _disputed(answer)
    for row, sentence in enumerate(answer["sentences"]):
        shows, near = sentence.get("shows") or {}, sentence.get("near") or {}
        if unknown := (set(shows) | set(near)) - set(reader.points):
            raise ValueError(f"{problem_id} {answer['id']}: no point {sorted(unknown)}")
        depths = shows if isinstance(shows, dict) else {}
        words = depth(parts[row], parts[row + 1] if row + 1 < len(parts) else "").rank
        for column, point in enumerate(reader.points):
            rows["features"].append(scores.features[row, column])
            rows["judged"].append(judged[row, column])
            rows["shown"].append(point in shows)
            rows["disputed"].append(point in disputed)
            rows["answer"].append(number)
            rows["point"].append(column)
            rows["kind"].append(near.get(point, ""))
            rows["depth"].append(Depth(depths[point]).rank if point in depths else -1)
            rows["words"].append(words)
            rows["asked"].append(point == asked)
            rows["here"].append(reader.stages[column].value == answer.get("stage"))
            rows["silent"].append(parts[row].endswith("?") and reader.stages[column].value != "clarify")


def _disputed(answer: dict[str, Any]) -> set[str]:
    """Points on which two labellings differ over the whole answer; none where there is only one."""
    first = {point for sentence in answer["sentences"] for point in sentence.get("shows") or ()}
    second = {point for sentence in answer["sentences"] for point in sentence.get("second") or ()}
    return first ^ second if any("second" in sentence for sentence in answer["sentences"]) else set()


@dataclass(frozen=True)
class Cells:
    """Per (answer, point): the best probability over the sentences, the truth, and the hardest kind of negative."""

    probability: Array
    shown: NDArray[np.bool_]
    kind: NDArray[np.str_]


def by_answer(one: Labelled, probability: Array) -> Cells:
    """Cells of whole answers, without those that labellers dispute."""
    key = one.answer * len(one.reader.points) + one.point
    known, cell = np.unique(key, return_inverse=True)
    best, shown, disputed = np.zeros(len(known)), np.zeros(len(known), bool), np.zeros(len(known), bool)
    np.maximum.at(best, cell, probability)
    np.logical_or.at(shown, cell, one.shown)
    np.logical_or.at(disputed, cell, one.disputed)
    kind = np.array([""] * len(known), dtype=one.kind.dtype)
    named = one.kind != ""
    kind[cell[named]] = one.kind[named]
    return Cells(best[~disputed], shown[~disputed], kind[~disputed])


def report(cells: Sequence[Cells], shown: float, unsure: float) -> dict[str, float]:
    """Precision and recall at `shown`, share left unsure, false alarms by kind of negative, best F1 over all cuts."""
    p = np.concatenate([one.probability for one in cells])
    y = np.concatenate([one.shown for one in cells])
    kind = np.concatenate([one.kind for one in cells])
    sure = p >= shown
    open_ = (p >= unsure) & ~sure
    cuts = np.linspace(0.02, 0.98, 97)
    scores = [2 * float(y[p >= c].sum()) / max(1.0, float((p >= c).sum() + y.sum())) for c in cuts]
    cut = float(cuts[int(np.argmax(scores))])
    figures = {
        "cells": float(len(y)),
        "true points": float(y.sum()),
        "precision of shown": float(y[sure].mean()) if sure.any() else float("nan"),
        "true points shown": float(sure[y].mean()),
        "true points unsure": float(open_[y].mean()),
        "true points denied": float((~sure & ~open_)[y].mean()),
        "cells unsure": float(open_.mean()),
        "best F1": max(scores),
        "at the cut": cut,
    }
    for name in ("vocabulary", "shallow", "rejects", "negated"):
        at = (kind == name) & ~y
        if at.any():
            figures[f"{name} read as shown"] = float(sure[at].mean())
            figures[f"{name} above the cut"] = float((p[at] >= cut).mean())
    return figures
