"""Small real stand-ins for the interviewer's tests: readers that read what they are told, models that die."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.board import Line
from agent.events import Cell
from agent.judgement import OUTPUTS, Pair
from agent.models.port import Message
from agent.models.scripted import Scripted
from knowledge.cues import stems
from knowledge.schema import Problem

DIMENSION = 512


def bag_of_stems(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embeds by shared words alone: equal texts have cosine 1, texts without a common stem (mostly) 0."""
    rows = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in stems(text):
            row[zlib.crc32(word.encode()) % DIMENSION] += 1
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def by_shared_stems(pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """Judges by the share of the statement's words that the sentence has: half of them is sure, none is sure not."""
    shares = []
    for pair in pairs:
        said, wanted = set(stems(pair.sentence)), set(stems(pair.statement))
        shares.append(len(said & wanted) / max(1, len(wanted)))
    return np.array([[16 * share - 4, 1.0, -1.0] for share in shares]).reshape(-1, OUTPUTS)


class TellingReader:
    """Finds in each answer the cells that it was told to find; the same ones in every answer."""

    def __init__(self, *cells: Cell, on_read: Callable[[], None] = lambda: None):
        self._cells = cells
        self._on_read = on_read

    def prepare(self, problem: Problem) -> None:
        pass

    def read(self, problem: Problem, text: str, **context: object) -> tuple[Cell, ...]:
        self._on_read()
        return self._cells

    def shows(self, statements: Sequence[str], answer: str, question: str) -> tuple[Cell, ...]:
        return ()

    def claims(self, problem: Problem, text: str) -> tuple[Cell, ...]:
        return ()

    def read_board(self, problem: Problem, lines: Sequence[Line], **context: object) -> tuple[Cell, ...]:
        return ()

    def facts_asked(self, problem: Problem, text: str) -> tuple[str, ...]:
        return ()

    def closeness(self, one: str, other: str) -> float:
        vectors = bag_of_stems([one, other])
        return float(vectors[0] @ vectors[1])

    def nearest(self, sentence: str, others: Sequence[str]) -> float:
        vectors = bag_of_stems([sentence, *others])
        return float((vectors[1:] @ vectors[0]).max())


class BoardReader(TellingReader):
    """Shows a point with each new line of the board, as sure as it was told, and keeps what it was given to read."""

    def __init__(self, *cells: Cell, state: Literal["shown", "unsure"] = "shown"):
        super().__init__(*cells)
        self.given: list[tuple[str, ...]] = []
        self._state = state

    def read_board(self, problem: Problem, lines: Sequence[Line], **context: object) -> tuple[Cell, ...]:
        self.given.append(tuple(line.text for line in lines))
        pairs = zip(problem.points, self.given[-1], strict=False)
        return tuple(
            Cell(point=point.id, state=self._state, quote=line, source="board", probability=0.6)
            for point, line in pairs
        )


class BrokenReader(TellingReader):
    """Fails in every way in which a reader can."""

    def prepare(self, problem: Problem) -> None:
        raise RuntimeError("the weights are gone")

    def read(self, problem: Problem, text: str, **context: object) -> tuple[Cell, ...]:
        raise RuntimeError("the weights are gone")

    def closeness(self, one: str, other: str) -> float:
        raise RuntimeError("the weights are gone")

    def nearest(self, sentence: str, others: Sequence[str]) -> float:
        raise RuntimeError("the weights are gone")


class Killed(BaseException):
    """Stands for `kill -9`: nothing may catch it."""


def die() -> None:
    raise Killed


class DyingModel(Scripted):
    """Says a few pieces, then the process is gone."""

    def __init__(self, *pieces: str, small: bool = False):
        super().__init__(small=small)
        self._said = pieces

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        for piece in self._said:
            yield piece
        die()

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        raise Killed


class HangingModel(Scripted):
    """Decides the items of its script and thinks about the next one for ever."""

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        odds = await super().yes_log_odds(messages)
        if odds is None:
            await asyncio.Event().wait()
        return odds
