"""Transcripts by hand, without a policy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from agent.events import Answered, Assessed, Cell, Event, Move, MoveKind, Said, Setup, Started
from agent.transcript import fold
from agent.view import View
from knowledge.schema import StageId
from tests.factory import START, tiny_problem

PROBLEM = tiny_problem()


class Script:
    """Events by hand, a minute apart, without a policy: positions that an interview may reach or not."""

    def __init__(self, setup: Setup | None = None):
        self.now = START
        begin = Started(when=START, setup=setup or Setup(problem="tiny"), problem_hash="0", version="test")
        self.events: list[Event] = [begin]
        self.turn = 0

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def say(self, kind: MoveKind = MoveKind.HOLD, stage: StageId = StageId.CLARIFY, **move: Any) -> Script:
        self.turn += 1
        made = Move(kind=kind, stage=stage, because="test", **move)
        self.events.append(Said(when=self.tick(), turn=self.turn, text="Go on.", move=made))
        return self

    def answer(
        self, text: str, *cells: Cell, heard: tuple[Cell, ...] = (), board: dict[str, Any] | None = None
    ) -> Script:
        self.turn += 1
        self.events.append(Answered(when=self.tick(), turn=self.turn, text=text, board=board))
        return self.read("matcher", *cells, heard=heard)

    def read(self, by: str, *cells: Cell, turn: int | None = None, heard: tuple[Cell, ...] = ()) -> Script:
        one = Assessed.model_validate(
            {"when": self.tick(), "turn": turn or self.turn, "by": by, "reader": "test", "cells": cells, "heard": heard}
        )
        self.events.append(one)
        return self

    @property
    def view(self) -> View:
        return fold(self.events, PROBLEM)
