"""What a scorecard says, and the data it is computed with. Values only.

Field names of `Scorecard` are a contract that tools read; `CONTRACT` is its version.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from agent.events import Depth, Promptedness, Source
from knowledge.schema import Dimension, Level, StageId, Value

CONTRACT = 1
"""Version of the field names of `Scorecard`; tools read them."""


class Verdict(StrEnum):
    """Five bands, worst first."""

    NO_HIRE = "no-hire"
    LEAN_NO = "lean-no"
    LEAN_HIRE = "lean-hire"
    HIRE = "hire"
    STRONG_HIRE = "strong-hire"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


class Band(Value):
    verdict: Verdict
    at: float = Field(alias="from")


class CapRule(Value):
    id: str
    best: Verdict
    levels: tuple[Level, ...]
    because: str
    share_of_time: float | None = None


class Drive(Value):
    reasoned_unprompted: dict[Level, int]


class Scoring(Value):
    """`knowledge/scoring.yaml`."""

    version: int
    depth: dict[Depth, float]
    promptedness: dict[Promptedness, float]
    bar: dict[Level, float]
    unprompted_bar: dict[Level, float]
    dimensions: dict[Dimension, float]
    drive: Drive
    bands: tuple[Band, ...]
    caps: tuple[CapRule, ...]


class Mark(Value):
    """One point that the candidate showed, with their own words."""

    point: str
    statement: str
    stage: StageId
    dimension: Dimension
    level: Level
    depth: Depth
    quote: str
    turn: int
    promptedness: Promptedness
    credit: float
    by: Literal["matcher", "model"]
    source: Source = "words"


class NotAssessed(Value):
    """A point that may have been shown: nothing here could decide it, so it counts neither way."""

    point: str
    statement: str
    stage: StageId
    quote: str
    probability: float
    source: Source = "words"


class Coverage(Value):
    """What happened in one stage. Minutes are virtual; `planned` scales with the length of the interview."""

    shown: int
    unprompted: int
    not_assessed: int
    expected: int
    minutes: float
    planned: float


class Cap(Value):
    id: str
    best: Verdict
    because: str


class WrongClaim(Value):
    """A misconception that the candidate stated; `held` when it was repeated after its challenge."""

    point: str
    claim: str
    why: str
    quote: str
    turn: int
    challenged: bool
    held: bool


class Range(Value):
    """`overall` if everything not assessed were missing, and if all of it were shown."""

    low: float
    high: float


class Scorecard(Value):
    """Field names are a contract (`contract`).

    `likely` is where the score would come to lie, four times in five, if what is not assessed were decided. `verdict`
    counts only what is sure, `best` is the one at the upper end of `likely`; `provisional` says that they differ.
    """

    contract: int = CONTRACT
    problem: str
    level: Level
    overall: float
    range: Range
    likely: Range
    verdict: Verdict
    best: Verdict
    provisional: bool
    caps: tuple[Cap, ...]
    dimensions: dict[Dimension, float]
    marks: tuple[Mark, ...]
    not_assessed: tuple[NotAssessed, ...]
    wrong_claims: tuple[WrongClaim, ...] = ()
    coverage: dict[StageId, Coverage]
    unprompted: int
    expected: int
    objective_at: float | None
    minutes: float
