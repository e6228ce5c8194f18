"""What the interviewer's tests share: one answer in which nothing is found, and short ways to look at what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

from agent.events import Said, Setup
from agent.interviewer import Interviewer

SETUP = Setup(problem="tiny")
ANSWER = "We could start with the quarry today."
PROBE = "Anything on number 0 of clarify planning?"
"""What is asked after ANSWER, in which nothing is found."""
REWORDED = "Is anything planned on number 0 of clarify?"


async def said(stream: AsyncIterator[str]) -> list[str]:
    return [text async for text in stream]


def kinds(interviewer: Interviewer, interview: str) -> list[str]:
    return [event.kind for event in interviewer.store.events(interview)]


def last_said(interviewer: Interviewer, interview: str) -> Said:
    return next(e for e in reversed(interviewer.store.events(interview)) if isinstance(e, Said))


def degraded(interviewer: Interviewer, interview: str) -> list[tuple[str, str]]:
    return [(event.what, event.why) for event in interviewer.view(interview).degraded]


def assert_orderly(interviewer: Interviewer, interview: str) -> None:
    """Turns are numbered from 1 and every utterance of the candidate has exactly one reply."""
    turns = interviewer.view(interview).turns
    assert [turn.n for turn in turns] == list(range(1, len(turns) + 1))
    assert turns[0].who == turns[-1].who == "interviewer"
    assert all(one.who != other.who for one, other in pairwise(turns))
