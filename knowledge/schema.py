"""What content may look like. Values only: no files, no network, no clock.

Everything under `knowledge/` that is text is parsed into one of these values at the edge (`library.py`) and trusted
from there on. Field meanings for people who write content are in `knowledge/README.md`; the words are the glossary's.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, StringConstraints(min_length=3, max_length=400, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=10, max_length=1500, strip_whitespace=True)]
Cue = Annotated[str, StringConstraints(min_length=2, max_length=80, strip_whitespace=True)]
Question = Annotated[str, StringConstraints(min_length=8, max_length=320, strip_whitespace=True, pattern=r"^[^?]*\?$")]
"""Exactly one question mark, at the end: an interviewer asks one thing at a time."""


class Value(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(StrEnum):
    """Target level of the interview; a point belongs to the lowest level that is expected to show it."""

    MID = "mid"
    SENIOR = "senior"
    STAFF = "staff"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class StageId(StrEnum):
    """The framework's nine stages, in order."""

    CLARIFY = "clarify"
    FRAME = "frame"
    DATA = "data"
    FEATURES = "features"
    MODEL = "model"
    EVALUATE = "evaluate"
    SERVE = "serve"
    MONITOR = "monitor"
    WRAP = "wrap"

    @property
    def rank(self) -> int:
        return list(StageId).index(self)


class Dimension(StrEnum):
    """The eight dimensions of the scorecard (research: interviews 2.7)."""

    NAVIGATION = "problem-navigation"
    FRAMING = "ml-framing"
    DATA = "data-and-labels"
    FEATURES = "features"
    MODELLING = "modelling"
    EVALUATION = "evaluation"
    OPERATIONS = "serving-and-operations"
    DRIVE = "drive-and-communication"


class Stage(Value):
    """One part of the framework. Minutes are for a 45-minute interview; other lengths scale."""

    id: StageId
    title: Line
    dimension: Dimension
    minutes: float = Field(gt=0)
    soft: float = Field(gt=0, description="virtual minute from which the interviewer prefers to move on")
    hard: float = Field(gt=0, description="virtual minute after which the stage may not be continued")
    opener: Question
    goal: Line


class Fact(Value):
    """A number or constraint of the problem, told only when asked."""

    id: Id
    topic: Line
    asks: tuple[Cue, ...] = Field(min_length=2)
    tell: Line
    throw_back: Question | None = None


class Misconception(Value):
    """A wrong claim that candidates make about a point, with why it is wrong."""

    claim: Line
    cues: tuple[Cue, ...] = Field(min_length=1)
    why: Text
    challenge: Question
    unless: Line | None = None
    """What makes the claim right all the same: a candidate who argues this is conceded to."""


class Point(Value):
    """One observable thing that a good answer shows."""

    id: Id
    statement: Line
    level: Level
    weight: int = Field(ge=1, le=3)
    cues: tuple[Cue, ...] = Field(min_length=3)
    showings: tuple[Line, ...] = Field(min_length=2)
    probe: Question
    hints: tuple[Line, Line, Line]
    trade_off: Question
    misconceptions: tuple[Misconception, ...] = ()
    strong: Text
    weak: Text
    sources: tuple[Id, ...] = Field(min_length=1)


class Curveball(Value):
    """A one-sentence change of constraint aimed at something that the candidate committed to."""

    id: Id
    targets: tuple[Cue, ...] = Field(min_length=2)
    change: Line
    question: Question
    good: tuple[Line, ...] = Field(min_length=2)


class ComponentKind(StrEnum):
    """What a node on a board can be, drawn by a candidate or expected by a problem."""

    CLIENT = "client"
    SERVICE = "service"
    MODEL = "model"
    FEATURE_STORE = "feature-store"
    DATABASE = "database"
    QUEUE = "queue"
    CACHE = "cache"
    ANN_INDEX = "ann-index"
    BATCH_JOB = "batch-job"
    STREAM_JOB = "stream-job"
    MONITORING = "monitoring"
    NOTE = "note"

    @property
    def words(self) -> str:
        return self.value.replace("-", " ").replace("ann ", "ANN ")


class BoardComponent(Value):
    id: Id
    kind: ComponentKind
    cues: tuple[Cue, ...] = Field(min_length=1)
    why: Line


class Board(Value):
    """What a good whiteboard shows for this problem."""

    components: tuple[BoardComponent, ...] = Field(min_length=4)
    links: tuple[tuple[Id, Id], ...] = Field(min_length=3)

    @model_validator(mode="after")
    def _links_join_components(self) -> Board:
        known = {component.id for component in self.components}
        for link in self.links:
            for end in link:
                if end not in known:
                    raise ValueError(f"link {list(link)!r} names {end!r}, which is not a component of this board")
        return self


class Problem(Value):
    """What the candidate is asked to design."""

    id: Id
    title: Line
    summary: Line
    brief: Text
    facts: tuple[Fact, ...] = Field(min_length=10)
    stages: dict[StageId, tuple[Point, ...]]
    openers: dict[StageId, Question] = {}
    """Where the framework's own opening of a stage does not fit this problem."""
    curveballs: tuple[Curveball, ...] = Field(min_length=5)
    board: Board

    @property
    def points(self) -> tuple[Point, ...]:
        """All points in stage order."""
        return tuple(point for stage in StageId for point in self.stages[stage])

    @cached_property
    def _stage_by_point(self) -> dict[str, StageId]:
        return {point.id: stage for stage, points in self.stages.items() for point in points}

    @cached_property
    def _point_by_id(self) -> dict[str, Point]:
        return {point.id: point for point in self.points}

    def stage_of(self, point_id: str) -> StageId:
        return self._stage_by_point[point_id]

    def point(self, point_id: str) -> Point:
        return self._point_by_id[point_id]

    def fact(self, fact_id: str) -> Fact:
        return next(fact for fact in self.facts if fact.id == fact_id)


class Verification(StrEnum):
    """How much of the original we read before writing about it."""

    FULL = "full"
    PART = "part"
    ABSTRACT = "abstract"
    SECOND_HAND = "second-hand"


class Source(Value):
    """Where a case comes from."""

    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    kind: Literal["paper", "post", "talk", "documentation", "code"]
    verified: Verification
    note: Line


class NoteHead(Value):
    """Front matter of a concept note."""

    id: Id
    title: Line
    aliases: tuple[Cue, ...] = Field(min_length=1)
    related: tuple[Id, ...] = ()
    sources: tuple[Id, ...] = Field(min_length=1)


class CaseHead(Value):
    """Front matter of a case."""

    id: Id
    title: Line
    organisation: Line
    year: int = Field(ge=1990, le=2030)
    source: Source
    problems: tuple[Id, ...] = ()
    concepts: tuple[Id, ...] = ()


class Section(Value):
    heading: Line
    body: str


class Note(Value):
    head: NoteHead
    sections: tuple[Section, ...]


class Case(Value):
    head: CaseHead
    sections: tuple[Section, ...]


NOTE_SECTIONS = (
    "What it is",
    "Why it matters",
    "Trade-offs",
    "Numbers worth knowing",
    "Wrong claims",
    "Drill questions",
)
CASE_SECTIONS = (
    "Problem",
    "Scale",
    "Design",
    "Results",
    "Trade-off",
    "Questions it inspires",
)


Kind = Literal["concept", "case", "own"]
"""Where a passage comes from: our notes, our cases, a user's own files."""


class Passage(Value):
    """One section or drill question of a note, a section of a case, or a piece of a user's own file: what is found."""

    id: str
    kind: Kind
    document: Id
    title: str
    heading: str
    text: str
    problems: tuple[str, ...] = ()

    @property
    def citation(self) -> str:
        """How it is named to a reader: our texts by title, a user's own by file and page or heading."""
        return f"your notes: {self.title}, {self.heading}" if self.kind == "own" else self.title
