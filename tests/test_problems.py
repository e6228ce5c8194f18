"""Every shipped problem is interviewed to the end twice: by its own strong answers and by its own weak ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.events import Move, Setup
from agent.interviewer import Interviewer
from agent.misconceptions import misconceptions
from agent.reader import Reader
from agent.scorecard import Scorecard, Scoring
from agent.store import Store
from knowledge.library import Library, load
from knowledge.schema import Problem, StageId

PROBLEMS = sorted(load().problems)
GAP = 25.0
"""Points of `overall` between the two: the authored answers are as far apart as answers get."""


class Author:
    """A candidate who says what the author of the problem would have one say: asked about a point that point, else the
    next two of the stage, and nothing twice."""

    def __init__(self, problem: Problem, *, strong: bool):
        self._problem = problem
        self._strong = strong
        self._left = [point.id for point in problem.points]

    def answer(self, move: Move) -> str:
        stage = [one for one in self._left if self._problem.stage_of(one) is move.stage]
        asked = [move.point] if move.point in self._left else stage[:2]
        self._left = [one for one in self._left if one not in asked]
        points = [self._problem.point(one) for one in asked if one]
        return " ".join(one.strong if self._strong else one.weak for one in points) or "I have nothing to add to that."


async def interviewed(interviewer: Interviewer, problem: Problem, *, strong: bool) -> Scorecard:
    interview = await interviewer.begin(Setup(problem=problem.id))
    author = Author(problem, strong=strong)
    while not (view := interviewer.view(interview)).ended:
        async for _ in interviewer.answer(interview, author.answer(view.moves[-1])):
            pass
    view = interviewer.view(interview)
    assert view.degraded == ()
    assert {turn.move.stage for turn in view.turns if turn.move} >= set(StageId)
    return interviewer.score(view)


@pytest.mark.parametrize("name", PROBLEMS)
def test_strong_answers_are_worth_more_than_weak_ones(
    name: str, library: Library, scoring: Scoring, reader: Reader, tmp_path: Path
) -> None:
    interviewer = Interviewer(library=library, scoring=scoring, store=Store(tmp_path), reader=reader)
    problem = library.problems[name]
    strong, weak = (asyncio.run(interviewed(interviewer, problem, strong=which)) for which in (True, False))
    assert strong.overall >= weak.overall + GAP
    assert strong.minutes <= 45
    assert weak.minutes <= 45


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_shows_a_point_is_not_read_as_a_wrong_claim(name: str, library: Library) -> None:
    problem = library.problems[name]
    wrong = [
        f"{point.id}: {claim.point} {claim.index}: {claim.quote}"
        for point in problem.points
        for text in (point.strong, *point.showings)
        for claim in misconceptions(problem, 1, text)
    ]
    assert wrong == []
