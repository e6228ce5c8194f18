"""The same interview against a scripted candidate: for tests, evals and examples."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import UsageError
from agent.events import Request, Setup
from agent.interviewer import Interviewer


class ScriptedTurn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    board: dict[str, Any] | None = None


class Candidate(BaseModel):
    """A candidate file: what is said, in order, whatever the interviewer asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    turns: tuple[str | ScriptedTurn, ...] = Field(min_length=1)


def read_candidate(path: Path) -> Candidate:
    """Raises UsageError with one line that says what is wrong with the file."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The candidate file {path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The candidate file {path} is not valid YAML: {' '.join(str(error).split())}") from None
    try:
        return Candidate.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:2]) or "top level"
        raise UsageError(
            f"The candidate file {path} is wrong at {where}: {first['msg']}. It needs `turns:`, a list of texts."
        ) from None


async def play(interviewer: Interviewer, setup: Setup, candidate: Candidate) -> AsyncIterator[str]:
    """Plays to the end; yields the interview's id first and after every reply. What is unsure is settled as it goes."""
    interview = await interviewer.begin(setup)
    yield interview
    for turn in candidate.turns:
        if interviewer.view(interview).ended:
            break
        said = turn if isinstance(turn, ScriptedTurn) else ScriptedTurn(text=turn)
        async for _ in interviewer.answer(interview, said.text, said.board):
            pass
        await interviewer.settle(interview)
        yield interview
    while not interviewer.view(interview).ended:
        async for _ in interviewer.request(interview, Request.FINISH):
            pass
        yield interview
