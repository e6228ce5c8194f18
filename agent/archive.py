"""An interview as one JSON object: written here, and read back without loss. PURE: values in and out.

`schema` names the format and its number. The events are the interview; the scorecard beside them is for readers and is
computed anew from the events wherever it is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agent.board import Board, lines
from agent.events import SCHEMA, Answered, Assessed, Cell, Event, Parent, Started
from agent.inbound import clean
from agent.scorecard import Scorecard
from knowledge.schema import Value

NUMBER = 1
"""Of the object's own fields; those of events have `agent.events.SCHEMA`."""

_ID = r"^[a-z0-9]{1,40}$"
InterviewId = Annotated[str, StringConstraints(pattern=_ID)]


class Schema(Value):
    name: Literal["hotseat-interview"] = "hotseat-interview"
    number: int


class Archive(Value):
    """One exported interview."""

    schema_: Schema = Field(alias="schema")
    hotseat: str
    """Version of the Hotseat that wrote the file."""
    interview: InterviewId
    events: tuple[Event, ...] = Field(min_length=1)
    scorecard: dict[str, Any] = Field(default_factory=dict)

    @property
    def started(self) -> Started:
        first = self.events[0]
        assert isinstance(first, Started)
        return first


class _Label(BaseModel):
    """What is looked at first: a newer Hotseat may have added fields that this one forbids."""

    model_config = ConfigDict(extra="ignore")
    schema_: Schema = Field(alias="schema")


def archived(interview: str, events: Sequence[Event], card: Scorecard, version: str) -> str:
    """The text of the file."""
    whole = {
        "schema": Schema(number=NUMBER).model_dump(),
        "hotseat": version,
        "interview": interview,
        "events": [event.model_dump(mode="json") for event in events],
        "scorecard": card.model_dump(mode="json"),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def read(text: bytes) -> Archive:
    """Raises ValueError with one line that says what is wrong with the file."""
    try:
        number = _Label.model_validate_json(text).schema_.number
    except ValidationError as error:
        raise ValueError(f"is not an interview that Hotseat exported ({_first(error)})") from None
    if number != NUMBER:
        raise ValueError(f"has schema number {number}, and this Hotseat knows {NUMBER}; the one that wrote it reads it")
    try:
        archive = Archive.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"cannot be read ({_first(error)})") from None
    _check(archive.events)
    return archive


def _first(error: ValidationError) -> str:
    """Where and what, short and on one line: names and values in a file may be long and hostile."""
    one = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in one["loc"])[:80]
    words = clean(f"{where}: {one['msg']}".removeprefix(": "))
    return " ".join(words.split())[:200]


def _check(events: Sequence[Event]) -> None:
    """What events promise and no single one can show. Raises ValueError."""
    first = events[0]
    if not isinstance(first, Started):
        raise ValueError("holds events that do not fit together: the first one is not `started`")
    if first.schema_version != SCHEMA:
        raise ValueError(f"holds events of schema {first.schema_version}, and this Hotseat knows {SCHEMA}")
    parents = list(_parents(first.parent))
    if any(re.fullmatch(_ID, parent.interview) is None for parent in parents):
        raise ValueError("holds a rewind of an interview whose id is none")
    if any(one.when.utcoffset() is None for one in (*events, *parents)):
        raise ValueError("holds events that do not fit together: one has no time zone")
    said = dict(_answers(events))
    for event in (event for event in events if isinstance(event, Assessed) and event.turn in said):
        if not all(_quoted(cell, *said[event.turn]) for cell in (*event.cells, *event.heard, *event.claimed)):
            raise ValueError(f"holds events that do not fit together: turn {event.turn} does not say what is quoted")


def _parents(parent: Parent | None) -> Iterator[Parent]:
    while parent:
        yield parent
        parent = parent.parent


def _answers(events: Sequence[Event]) -> Iterator[tuple[int, tuple[str, Board]]]:
    """By turn the words, and the board as it stood then."""
    board = Board()
    for event in events:
        if isinstance(event, Answered):
            board = board if event.board is None else Board.of(event.board)
            yield event.turn, (event.text, board)


def _quoted(cell: Cell, words: str, board: Board) -> bool:
    """No credit without a quote. A reading of a turn that nobody said gives none, and the fold passes over it."""
    if cell.source == "board":
        return cell.quote in lines(board) or (cell.state != "shown" and cell.quote == "")
    return cell.quote in words and (cell.state != "shown" or cell.quote.strip() != "")
