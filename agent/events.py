"""The events of an interview: the only thing that is stored. Values only: no files, no network, no clock.

A transcript is an append-only list of these. Field names are a contract (`SCHEMA`): stored transcripts, exports and
eval cases are all made of them, so a change needs a new number and an upcaster.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from knowledge.schema import Level, StageId, Value

SCHEMA = 1


class Mode(StrEnum):
    INTERVIEW = "interview"
    PRACTICE = "practice"


class Style(StrEnum):
    HANDS_OFF = "hands-off"
    DRIVER = "driver"


class ClockKind(StrEnum):
    """How minutes pass: `speech` counts words as if spoken, `wall` counts real time, `untimed` never runs out."""

    SPEECH = "speech"
    WALL = "wall"
    UNTIMED = "untimed"


class Request(StrEnum):
    """What a candidate may ask for with a button or a command, outside of any utterance."""

    HINT = "hint"
    REPEAT = "repeat"
    NEXT = "next"
    FINISH = "finish"


class MoveKind(StrEnum):
    OPEN = "open"
    TELL = "tell"
    THROW_BACK = "throw-back"
    HOLD = "hold"
    PROBE = "probe"
    DEEPEN = "deepen"
    CHALLENGE = "challenge"
    CURVEBALL = "curveball"
    HINT = "hint"
    STEER = "steer"
    ADVANCE = "advance"
    CLOSE = "close"
    DEBRIEF = "debrief"


class Depth(StrEnum):
    NAMED = "named"
    EXPLAINED = "explained"
    JUSTIFIED = "justified"

    @property
    def rank(self) -> int:
        return list(Depth).index(self)


class Promptedness(StrEnum):
    """What it took to hear a point: nothing, its probe, or a rung of its hint ladder."""

    UNPROMPTED = "unprompted"
    PROBE = "probe"
    HINT_1 = "hint-1"
    HINT_2 = "hint-2"
    HINT_3 = "hint-3"

    @staticmethod
    def of(rung: int | None) -> Promptedness:
        """From the highest rung asked so far: None nothing, 0 the probe, 1 to 3 the hints."""
        return Promptedness.UNPROMPTED if rung is None else list(Promptedness)[rung + 1]


class SteerReason(StrEnum):
    UNREADABLE = "unreadable"
    FOREIGN = "foreign"
    TOO_LONG = "too-long"
    BOARD = "board"
    WANTS_ANSWER = "wants-answer"
    WANTS_SCORE = "wants-score"
    INSTRUCTION = "instruction"
    NO_MORE_HINTS = "no-more-hints"
    TRY_FIRST = "try-first"
    REPEAT = "repeat"
    SILENCE = "silence"
    RABBIT_HOLE = "rabbit-hole"


class Press(StrEnum):
    """What a pointed question asks of an answer that waved its hands."""

    REASON = "reason"
    NUMBER = "number"
    COST = "cost"
    MORE = "more"


class Preface(StrEnum):
    """A few words before the question: what the interviewer makes of the answer, or of the time."""

    CONCEDED = "conceded"
    NOTED = "noted"
    CORRECTED = "corrected"
    BRIEFLY = "briefly"
    TIME = "time"
    ENOUGH = "enough"
    BACK = "back"
    LEFT = "left"


class Move(Value):
    """What the interviewer decided to do, and why. Ids only; the words are found by `phrasing`."""

    kind: MoveKind
    stage: StageId
    because: str
    point: str | None = None
    rung: int = 0
    facts: tuple[str, ...] = ()
    misconception: int | None = None
    curveball: str | None = None
    quote: str | None = None
    steer: SteerReason | None = None
    earlier: str | None = None
    """What was said before that does not go with `quote`."""
    conflict: str | None = None
    """The kind of conflict between the two (`agent.conflicts.ConflictKind`)."""
    sum: str = ""
    """The arithmetic that shows it, in words."""
    press: Press | None = None
    preface: Preface | None = None
    touched: bool = False
    back: str | None = None
    """A fact that was asked for as well and is thrown back."""
    rest: Literal["", "more", "open"] = ""
    drawn: str | None = None
    """The line of the board that it is about; `quote` is what was said."""
    node: str | None = None
    """The node of the board, as its lines name it, that lacks something."""

    @property
    def waits(self) -> bool:
        """Whether it only leaves room, or says the last question again: the question before it still stands."""
        return self.kind is MoveKind.HOLD or self.steer is SteerReason.REPEAT


Source = Literal["words", "board"]
"""Where a quote is from."""


class Cell(Value):
    """One point read in one turn; `probability` that it really shows.

    `quote` is an exact substring of the turn's words, or exactly one line of its board, as `source` says.
    """

    point: str
    state: Literal["shown", "unsure", "not-shown"]
    depth: Depth = Depth.NAMED
    quote: str = ""
    source: Source = "words"
    probability: float = Field(ge=0, le=1)


class Setup(Value):
    """What was chosen before the interview began."""

    problem: str
    level: Level = Level.SENIOR
    mode: Mode = Mode.INTERVIEW
    style: Style = Style.HANDS_OFF
    minutes: float = Field(default=45, ge=10, le=120)
    clock: ClockKind = ClockKind.SPEECH
    owner: str = "local"


class Parent(Value):
    """What a rewind came from: it shares the events before `turn` of `interview`, and answers that turn anew."""

    interview: str
    turn: int = Field(ge=1)
    when: datetime
    """The moment of rewinding. A clock on the wall goes on from here: the time in between is nobody's."""
    parent: Parent | None = None
    """The parent's own parent, where the turn that it answered anew is shared too."""

    @property
    def moments(self) -> dict[int, datetime]:
        """Per turn that was answered anew, here or in a parent, the moment of rewinding to it."""
        return (self.parent.moments if self.parent else {}) | {self.turn: self.when}


class _Event(Value):
    when: datetime


class Started(_Event):
    kind: Literal["started"] = "started"
    schema_version: int = SCHEMA
    setup: Setup
    problem_hash: str
    version: str
    parent: Parent | None = None


class Answered(_Event):
    """One utterance of the candidate, as it was said, with the board as it stood; None where it stands as before."""

    kind: Literal["answered"] = "answered"
    turn: int = Field(ge=1)
    text: str
    board: dict[str, Any] | None = None


class Requested(_Event):
    """A button or command of the candidate. Not an utterance, so it has no turn number."""

    kind: Literal["requested"] = "requested"
    what: Request


class Said(_Event):
    """One utterance of the interviewer. `source` says who worded it."""

    kind: Literal["said"] = "said"
    turn: int = Field(ge=1)
    text: str
    move: Move
    source: Literal["plain", "model"] = "plain"
    model: str | None = None
    prompts: dict[str, str] = Field(default_factory=dict)
    passages: tuple[str, ...] = ()
    first_token_ms: int | None = None
    total_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Assessed(_Event):
    """What a reader made of one candidate turn. May arrive late and more than once; the fold does not care."""

    kind: Literal["assessed"] = "assessed"
    turn: int = Field(ge=1)
    by: Literal["matcher", "model"]
    reader: str
    cells: tuple[Cell, ...]
    facts: tuple[str, ...] = ()
    """Facts that the turn asks for in words that no cue knows."""
    heard: tuple[Cell, ...] = ()
    """What was listened for beside the points: the lines of a good answer to the curveball before it (`point` is
    `<curveball>/<line>`), the exception under which a questioned claim is right (`<point>/<misconception>`)."""
    claimed: tuple[Cell, ...] = ()
    """Wrong claims that the turn makes in words that no cue knows; `point` is `<point>/<misconception>`."""


class Degraded(_Event):
    """A step down the ladder: something failed and the interview went on without it."""

    kind: Literal["degraded"] = "degraded"
    turn: int
    what: Literal["reply", "assessment", "retrieval", "reader"]
    why: str


class Ended(_Event):
    kind: Literal["ended"] = "ended"
    reason: Literal["closed", "left"] = "closed"


Event = Annotated[Started | Answered | Requested | Said | Assessed | Degraded | Ended, Field(discriminator="kind")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
