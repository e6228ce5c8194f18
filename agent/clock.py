"""Virtual minutes. PURE: durations come from events, never from the machine's clock.

Typing is about 3.5 times slower than speech, so a wall clock would be unfair to people who type; the default clock
charges an answer what it would have cost to say it.
"""

from __future__ import annotations

from datetime import datetime

from agent.events import ClockKind
from knowledge.schema import Stage, StageId

WORDS_PER_MINUTE = 140.0
"""Speaking rate of a technical interview (research: interviews 2.2)."""
INTERVIEWER_TURN_MINUTES = 0.15
HEARD_WORDS = 1_120
"""Words of one turn that are heard: eight minutes of speech, the longest stage. An interviewer would cut in here."""
FRAMEWORK_MINUTES = 45.0
"""Length for which `stages.yaml` is written."""


def heard(text: str) -> str:
    """The part of an answer that an interviewer would have let pass before cutting in; an exact prefix."""
    words = 0
    inside = False
    for index, character in enumerate(text):
        if character.isspace():
            inside = False
        elif not inside:
            inside = True
            words += 1
            if words > HEARD_WORDS:
                return text[:index].rstrip()
    return text


def answer_minutes(text: str) -> float:
    return len(heard(text).split()) / WORDS_PER_MINUTE


def turn_minutes(kind: ClockKind, *, candidate: bool, text: str, since: datetime, until: datetime) -> float:
    """Minutes that one turn costs. `since` is when the turn before it ended."""
    if kind is ClockKind.UNTIMED:
        return 0.0
    if kind is ClockKind.WALL:
        return max(0.0, (until - since).total_seconds() / 60)
    return answer_minutes(text) if candidate else INTERVIEWER_TURN_MINUTES


class Schedule:
    """The framework's minutes, scaled to the length of one interview."""

    def __init__(self, stages: dict[StageId, Stage], minutes: float):
        self._stages = stages
        self.scale = minutes / FRAMEWORK_MINUTES
        self.minutes = minutes

    def soft(self, stage: StageId) -> float:
        return self._stages[stage].soft * self.scale

    def hard(self, stage: StageId) -> float:
        return self._stages[stage].hard * self.scale

    def planned(self, stage: StageId) -> float:
        return self._stages[stage].minutes * self.scale
