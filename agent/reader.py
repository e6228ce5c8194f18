"""The local reader: `coverage` with its embedder and its calibration. I/O only in that embedding takes time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.clock import heard
from agent.coverage import Calibration, FactIndex, Rubric, Weights, fact_index, facts_asked, read, rubric
from agent.events import Cell
from knowledge.schema import Problem, StageId

CALIBRATION = Calibration(
    alone=Weights(bias=-8.29, cue=1.52, near=7.45, margin=8.1, shared=6.48, rejecting=0.55),
    together=Weights(bias=-7.42, cue=1.33, near=6.89, margin=7.47, shared=5.6, rejecting=0.6, context=0.52),
    asked=1.6,
    here=0.3,
    shown=0.55,
    unsure=0.1,
)
"""Fitted by `python -m evals.coverage.fit`, which also says how well it reads. `asked` and `here` are set by hand: the
labelled answers answer no question; in an interview an answer is mostly about what was asked (docs/decisions.md)."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


class Reader:
    """Reads answers of any problem. A problem's exemplars are embedded once, by `keep`, which may remember them."""

    def __init__(self, embed: Embed, calibration: Calibration = CALIBRATION, *, keep: Embed | None = None):
        self._embed = embed
        self._keep = keep or embed
        self._calibration = calibration
        self._rubrics: dict[str, Rubric] = {}
        self._facts: dict[str, FactIndex] = {}
        self._preparing: defaultdict[str, Lock] = defaultdict(Lock)

    def prepare(self, problem: Problem) -> None:
        """Embeds what reading this problem needs, from any thread: seconds the first time, then milliseconds."""
        with self._preparing[problem.id]:
            if problem.id not in self._facts:
                self._rubrics[problem.id] = rubric(problem, self._keep)
                self._facts[problem.id] = fact_index(problem, self._keep)

    def rubric(self, problem: Problem) -> Rubric:
        self.prepare(problem)
        return self._rubrics[problem.id]

    def facts(self, problem: Problem) -> FactIndex:
        self.prepare(problem)
        return self._facts[problem.id]

    def read(
        self, problem: Problem, text: str, *, asked: str | None, question: str, here: StageId | None = None
    ) -> tuple[Cell, ...]:
        """Cells of one answer, shown and unsure; what ran past the hearing is not read."""
        return read(
            heard(text), self.rubric(problem), self._embed, self._calibration, asked=asked, here=here, question=question
        )

    def facts_asked(self, problem: Problem, text: str) -> tuple[str, ...]:
        """Ids of the facts that an utterance asks for."""
        return facts_asked(heard(text), self.facts(problem), self._embed)

    def nearest(self, sentence: str, others: Sequence[str]) -> float:
        """Cosine of a sentence with the nearest of others, -1 to 1; -1 when there are none."""
        if not others:
            return -1.0
        vectors: Any = self._embed([sentence, *others])
        return float((vectors[1:] @ vectors[0]).max())

    def closeness(self, one: str, other: str) -> float:
        """Cosine of two sentences, -1 to 1."""
        vectors: Any = self._embed([one, other])
        return float(vectors[0] @ vectors[1])
