"""Where an interview stands: what `transcript.fold` computes from its events. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from agent.board import Board
from agent.claims import Claim, Commitment
from agent.conflicts import Conflict
from agent.events import Cell, Degraded, Depth, Move, MoveKind, Parent, Promptedness, Request, Setup, Source
from agent.inbound import Inbound
from agent.ledger import Entry
from knowledge.schema import Level, Problem, StageId

TOUCHED = 0.35
"""Least probability of an unsure point that counts as having been talked about."""


@dataclass(frozen=True)
class Turn:
    """One utterance. `at` is the virtual minute at which it began; cells are those of the candidate's turns only."""

    n: int
    who: Literal["interviewer", "candidate"]
    text: str
    at: float
    move: Move | None = None
    source: str = ""
    cells: tuple[Cell, ...] = ()
    passages: tuple[str, ...] = ()
    scored: bool = True
    request: Request | None = None
    """The button or command that this utterance of the interviewer answers."""
    board: Board = field(default_factory=Board)
    """As it stood when the turn was over."""


@dataclass(frozen=True)
class Evidence:
    """A turn shows a point: the quote is an exact substring of its words, or a line of its board."""

    point: str
    depth: Depth
    quote: str
    turn: int
    promptedness: Promptedness
    by: Literal["matcher", "model"]
    probability: float
    source: Source = "words"


Outcome = Literal["", "conceded", "held", "corrected"]


@dataclass(frozen=True)
class Latest:
    """What the last candidate utterance, or request since, brought."""

    turn: int = 0
    text: str = ""
    inbound: Inbound = field(default_factory=Inbound)
    request: Request | None = None
    shown: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    """Of the unsure ones those that are likely enough to count as having been talked about."""
    facts: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    waiting: tuple[Claim, ...] = ()
    """Claims of the turn before that it went on to doubt and that this turn did not take back."""
    outcome: Outcome = ""
    """What this answer made of the challenge before it, or of a claim that was held until now."""
    drew: bool = False
    """Whether the board changed."""


@dataclass(frozen=True)
class View:
    """Where an interview stands. Everything here is computed; nothing is stored."""

    setup: Setup
    problem: Problem
    turns: tuple[Turn, ...] = ()
    elapsed: float = 0.0
    stage: StageId = StageId.CLARIFY
    entered: dict[StageId, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    unsure: dict[str, Cell] = field(default_factory=dict)
    curveball_cells: tuple[Cell, ...] = ()
    """What was heard of a good answer to a curveball; `point` is `<curveball>/<line>`."""
    rungs: dict[str, int] = field(default_factory=dict)
    deepened: frozenset[str] = frozenset()
    challenged: dict[tuple[str, int], int] = field(default_factory=dict)
    held: frozenset[tuple[str, int]] = frozenset()
    conceded: frozenset[tuple[str, int]] = frozenset()
    curveballs: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()
    thrown_back: frozenset[str] = frozenset()
    commitments: tuple[Commitment, ...] = ()
    claims: tuple[Claim, ...] = ()
    record: tuple[Entry, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    moves: tuple[Move, ...] = ()
    board: Board = field(default_factory=Board)
    latest: Latest = field(default_factory=Latest)
    stalls: int = 0
    dry: int = 0
    pending: tuple[int, ...] = ()
    settled: frozenset[tuple[int, str]] = frozenset()
    unread: frozenset[int] = frozenset()
    """Answers that nothing could read: what they show is unknown."""
    degraded: tuple[Degraded, ...] = ()
    ended: bool = False
    left: bool = False
    parent: Parent | None = None
    """What this interview is a rewind of."""

    def at_level(self, level: Level) -> View:
        """The same interview as if it had been held at another target level."""
        return replace(self, setup=self.setup.model_copy(update={"level": level}))

    @property
    def last_move(self) -> Move | None:
        return self.moves[-1] if self.moves else None

    @property
    def closing(self) -> bool:
        """Whether the self-assessment has been asked; what follows is no longer scored."""
        return any(move.kind is MoveKind.CLOSE for move in self.moves)

    @property
    def awaits_interviewer(self) -> bool:
        """Whether it is the interviewer's turn: the interview is open and nobody answered the candidate yet."""
        answered = not self.turns or self.turns[-1].who == "candidate"
        return not self.ended and (answered or self.latest.request is not None)

    @property
    def shown(self) -> dict[str, Depth]:
        """Deepest showing per point so far."""
        deepest: dict[str, Depth] = {}
        for one in self.evidence:
            if one.point not in deepest or one.depth.rank > deepest[one.point].rank:
                deepest[one.point] = one.depth
        return deepest
