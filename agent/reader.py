"""The local reader: `coverage` with its embedder and its calibration. I/O only in that embedding takes time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.clock import heard
from agent.coverage import Calibration, FactIndex, Rubric, fact_index, facts_asked, read, rubric
from agent.events import Cell
from knowledge.schema import Problem

CALIBRATION = Calibration(
    bias=-6.71, cue=1.55, near=6.4, margin=7.64, shared=5.7, rejecting=0.47, asked=0.7, shown=0.55, unsure=0.12
)  # fmt: skip


class Reader:
    """Reads answers of any problem; a problem's exemplars are embedded once."""

    def __init__(
        self, embed: Callable[[Sequence[str]], NDArray[np.float32]], calibration: Calibration = CALIBRATION
    ):
        self._embed = embed
        self._calibration = calibration
        self._rubrics: dict[str, Rubric] = {}
        self._facts: dict[str, FactIndex] = {}

    def rubric(self, problem: Problem) -> Rubric:
        if problem.id not in self._rubrics:
            self._rubrics[problem.id] = rubric(problem, self._embed)
        return self._rubrics[problem.id]

    def read(self, problem: Problem, text: str, *, asked: str | None, question: str) -> tuple[Cell, ...]:
        """Cells of one answer, shown and unsure; what ran past the hearing is not read."""
        return read(
            heard(text), self.rubric(problem), self._embed, self._calibration, asked=asked, question=question
        )

    def facts_asked(self, problem: Problem, text: str) -> tuple[str, ...]:
        """Ids of the facts that an utterance asks for."""
        if problem.id not in self._facts:
            self._facts[problem.id] = fact_index(problem, self._embed)
        return facts_asked(heard(text), self._facts[problem.id], self._embed)

    def closeness(self, one: str, other: str) -> float:
        """Cosine of two sentences, -1 to 1."""
        vectors: Any = self._embed([one, other])
        return float(vectors[0] @ vectors[1])
