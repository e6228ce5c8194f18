"""Makes small values for tests: a problem whose words are predictable, events without ceremony."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.clock import Schedule
from agent.events import (
    Answered,
    Assessed,
    Cell,
    Depth,
    Ended,
    Event,
    Move,
    MoveKind,
    Request,
    Requested,
    Said,
    Setup,
    Started,
)
from agent.phrasing import plain
from agent.policy import next_moves
from agent.transcript import fold
from agent.view import View
from knowledge.library import ROOT, Library, read_stages
from knowledge.schema import (
    Board,
    BoardComponent,
    Curveball,
    Fact,
    Level,
    Misconception,
    Point,
    Problem,
    StageId,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = ("amber", "basalt", "cobalt", "dune")
_LEVELS = (Level.MID, Level.MID, Level.SENIOR, Level.STAFF)


def tiny_point(stage: StageId, index: int) -> Point:
    word = f"{_WORDS[index]} {stage.value}"
    return Point(
        id=f"{stage.value}-{_WORDS[index]}",
        statement=f"Says that the {word} matters and measures it.",
        level=_LEVELS[index],
        weight=3 - index % 3,
        cues=(f"{word} matters", f"measure the {word}", f"{word} is key"),
        showings=(f"To me the {word} matters most here.", f"I would measure the {word} every day."),
        probe=f"Anything on number {index} of {stage.value} planning?",
        hints=(f"Think of area {index} here.", f"Consider consideration {index}.", f"Part of it is {index}. And?"),
        trade_off=f"What does number {index} of {stage.value} cost you?",
        misconceptions=(
            Misconception(
                claim=f"The {word} is free.",
                cues=(f"{word} is free",),
                why="Because nothing in this world is free of charge.",
                challenge=f"Who pays for number {index} of {stage.value}?",
                unless=f"Says that somebody gives the {word} away.",
            ),
        ),
        strong=f"The {word} matters because it decides the rest.",
        weak=f"There is some {word} somewhere.",
        sources=("some-note",),
    )


def tiny_problem() -> Problem:
    return Problem(
        id="tiny",
        title="Tiny problem",
        summary="A problem for tests.",
        brief="We run a quarry. Design the system that finds stones.",
        facts=tuple(
            Fact(
                id=f"fact-{n}",
                topic=f"topic {n}",
                asks=(f"how many widget{n}", f"what about widget{n}"),
                tell=f"There are {n} hundred of those.",
                throw_back="What would you guess?" if n == 0 else None,
            )
            for n in range(10)
        ),
        stages={stage: tuple(tiny_point(stage, i) for i in range(4)) for stage in StageId},
        curveballs=tuple(
            Curveball(
                id=f"ball-{n}",
                targets=(f"gadget{n}", f"gizmo{n}"),
                change=f"Now gadget number {n} is forbidden.",
                question="What do you change?",
                good=("Notices it.", "Changes little."),
            )
            for n in range(5)
        ),
        board=Board(
            components=tuple(
                BoardComponent(id=f"c{n}", kind="service", cues=(f"c{n}",), why="Because.") for n in range(4)
            ),
            links=(("c0", "c1"), ("c1", "c2"), ("c2", "c3")),
        ),
    )


def tiny_library() -> Library:
    return Library(stages=read_stages(ROOT), problems={"tiny": tiny_problem()}, notes={}, cases={})


class Talk:
    """An interview in memory: events, folded after each, with the policy's first move said in plain words."""

    def __init__(self, library: Library, setup: Setup | None = None, problem: str = "tiny"):
        self.library = library
        self.problem = library.problems[problem]
        self.setup = setup or Setup(problem=problem)
        self.schedule = Schedule(library.stages, self.setup.minutes)
        self.now = START
        self.events: list[Event] = [Started(when=self.now, setup=self.setup, problem_hash="0", version="test")]
        self.say()

    @property
    def view(self) -> View:
        return fold(self.events, self.problem)

    @property
    def last(self) -> Move:
        return self.view.moves[-1]

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def say(self) -> Move:
        """The interviewer's turn: the best move, in plain words."""
        view = self.view
        move = next_moves(view, self.schedule)[0]
        text = plain(move, view, self.library.stages)
        self.events.append(Said(when=self.tick(), turn=len(view.turns) + 1, text=text, move=move))
        if move.kind is MoveKind.DEBRIEF:
            self.events.append(Ended(when=self.tick()))
        return move

    def answer(
        self, text: str, *cells: Cell, heard: tuple[Cell, ...] = (), board: dict[str, Any] | None = None
    ) -> Move:
        """The candidate's turn with what was read in it, and the interviewer's."""
        view = self.view
        turn = len(view.turns) + 1
        self.events.append(Answered(when=self.tick(), turn=turn, text=text, board=board))
        if not view.closing:
            read = Assessed(when=self.tick(), turn=turn, by="matcher", reader="test", cells=cells, heard=heard)
            self.events.append(read)
        return self.say()

    def press(self, what: Request) -> Move:
        self.events.append(Requested(when=self.tick(), what=what))
        return self.say()


def shown(point: str, quote: str = "words", depth: Depth = Depth.NAMED, state: str = "shown") -> Cell:
    probability = {"shown": 0.95, "unsure": 0.5, "not-shown": 0.05}[state]
    return Cell.model_validate(
        {"point": point, "state": state, "depth": depth, "quote": quote, "probability": probability}
    )
