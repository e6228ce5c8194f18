"""The local reader: `coverage` with its embedder and its calibration. I/O only in that embedding takes time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.board import Line
from agent.clock import heard
from agent.coverage import (
    Calibration,
    FactIndex,
    Rubric,
    Weights,
    fact_index,
    facts_asked,
    read,
    rubric,
    statement_rubric,
)
from agent.drawing import read_lines
from agent.events import Cell
from agent.judgement import Judge
from agent.misconceptions import MisconceptionIndex, by_meaning, excepted, misconception_index
from knowledge.schema import Problem, StageId

CALIBRATION = Calibration(
    alone=Weights(bias=-8.83, cue=1.44, near=8.66, margin=8.57, shared=6.17, rejecting=0.72),
    together=Weights(
        bias=-2.84, cue=1.07, near=0.28, margin=6.49, shared=4.15, rejecting=0.29, judged=0.66, context=0.63
    ),
    asked=2.0,
    here=0.3,
    shown=0.67,
    unsure=0.1,
    judged_from=-6.0,
)
"""Fitted by `python -m evals.coverage.fit`, which also says how well it reads. `asked` and `here` are set by hand: the
labelled answers answer no question; in an interview an answer is mostly about what was asked (docs/decisions.md). From
`judged_from` on nearly every pair that shows its point is judged."""

STATEMENT_SHOWN = 0.4
STATEMENT_UNSURE = 0.001
"""Least probabilities for a statement without cues and showings: a wrong mark is worse than one that is open.
`python -m evals.coverage.statements` says how well that reads."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


class Reader:
    """Reads answers of any problem. A problem's exemplars are embedded once, by `keep`, which may remember them."""

    def __init__(
        self, embed: Embed, judge: Judge, calibration: Calibration = CALIBRATION, *, keep: Embed | None = None
    ):
        self._embed = embed
        self._judge = judge
        self._keep = keep or embed
        self._calibration = calibration
        self._rubrics: dict[str, Rubric] = {}
        self._misconceptions: dict[str, MisconceptionIndex] = {}
        self._facts: dict[str, FactIndex] = {}
        self._preparing: defaultdict[str, Lock] = defaultdict(Lock)

    def prepare(self, problem: Problem) -> None:
        """Embeds what reading this problem needs, from any thread: seconds the first time, then milliseconds."""
        with self._preparing[problem.id]:
            if problem.id not in self._facts:
                self._rubrics[problem.id] = rubric(problem, self._keep)
                self._misconceptions[problem.id] = misconception_index(problem, self._keep)
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
            heard(text),
            self.rubric(problem),
            self._embed,
            self._judge,
            self._calibration,
            asked=asked,
            here=here,
            question=question,
        )

    def shows(self, statements: Sequence[str], answer: str, question: str) -> tuple[Cell, ...]:
        """Cells of free statements, `Cell.point` being their index: shown and unsure, the others are not shown."""
        unsure = 0.0 if len(statements) == 1 else STATEMENT_UNSURE  # a lone one is what was asked: never denied
        calibration = replace(self._calibration, shown=STATEMENT_SHOWN, unsure=unsure, judged_from=-np.inf)
        expected = statement_rubric(statements, question, self._embed)
        cells = read(heard(answer), expected, self._embed, self._judge, calibration, question=question)
        return tuple(cell for cell in cells if int(cell.point) < len(statements))

    def read_board(
        self, problem: Problem, lines: Sequence[Line], *, asked: str | None, question: str, here: StageId | None = None
    ) -> tuple[Cell, ...]:
        """Cells of what was newly drawn."""
        rubric_ = self.rubric(problem)
        return read_lines(
            lines, rubric_, self._embed, self._judge, self._calibration, asked=asked, here=here, question=question
        )

    def claims(self, problem: Problem, text: str) -> tuple[Cell, ...]:
        """Wrong claims that an answer makes, `Cell.point` being `<point>/<index>`; only those it is sure of."""
        self.prepare(problem)
        return by_meaning(heard(text), self._misconceptions[problem.id], self._embed, self._judge)

    def excepted(self, unless: str, answer: str, question: str) -> Cell:
        """Whether a reply to a challenge argues the exception to the claim; shown, or unsure with its probability."""
        return excepted(unless, heard(answer), question, self._judge)

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
