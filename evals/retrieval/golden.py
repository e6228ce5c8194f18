"""Golden queries: what candidates and interviewers say, and the notes and cases that ought to be found.

Two files, split once and for good: search is tuned on `golden/tuning.yaml`, claims are made on `golden/test.yaml`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from knowledge.library import Library

FOLDER = Path(__file__).parent / "golden"
Half = Literal["tuning", "test"]


class Golden(BaseModel):
    """One query, with the notes and cases that help: 2 where the document alone would answer it, 1 where a passage of
    it does. Judged by people who did not write the queries, over what several searches found (see README.md)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, StringConstraints(min_length=12, max_length=400)]
    voice: Literal["candidate", "interviewer"]
    relevant: dict[str, Literal[1, 2]] = Field(min_length=1)


def read_golden(half: Half, folder: Path = FOLDER) -> tuple[Golden, ...]:
    """Raises pydantic.ValidationError or OSError: these files are ours."""
    rows = yaml.safe_load((folder / f"{half}.yaml").read_text(encoding="utf-8"))
    return tuple(Golden.model_validate(row) for row in rows["queries"])


def unknown_ids(queries: tuple[Golden, ...], library: Library) -> list[str]:
    """Ids that the library does not have."""
    known = library.notes.keys() | library.cases.keys()
    return sorted({one for query in queries for one in query.relevant} - known)
