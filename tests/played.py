"""Interviews with scripted candidates, played without a model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent.events import Setup
from agent.interviewer import Interviewer
from agent.scorecard import Scorecard
from agent.view import View
from knowledge.schema import Level
from ui.play import play, read_candidate

CANDIDATES = Path(__file__).parent / "candidates"
GAP, MIDDLE_GAP = 20.0, 5.0
"""Least distance in points: between strong and middling of what is sure, between middling and weak, whose answers the
reader mostly leaves open, of the middle of what is likely."""


@dataclass(frozen=True)
class Played:
    """`seconds` are of processor time: the same on a busy machine."""

    view: View
    card: Scorecard
    seconds: float


Play = Callable[..., Played]
"""Problem, name of the script, and the level where it is not senior."""


def player(interviewer: Interviewer) -> Play:
    """Plays each script once, however many tests look at it."""

    async def to_the_end(problem: str, name: str, level: Level) -> str:
        script = read_candidate(CANDIDATES / problem / f"{name}.yaml")
        return [interview async for interview in play(interviewer, Setup(problem=problem, level=level), script)][-1]

    @cache
    def one(problem: str, name: str, level: Level = Level.SENIOR) -> Played:
        assert interviewer.reader is not None
        interviewer.reader.prepare(interviewer.library.problems[problem])
        began = time.process_time()
        interview = asyncio.run(to_the_end(problem, name, level))
        seconds = time.process_time() - began
        view = interviewer.view(interview)
        return Played(view, interviewer.score(view), seconds)

    return one


def middle(card: Scorecard) -> float:
    """Of what the score is likely to come to."""
    return (card.likely.low + card.likely.high) / 2
