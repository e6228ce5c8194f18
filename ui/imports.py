"""Takes an exported interview into the store, whole or not at all. I/O.

A file comes from anywhere: whatever is wrong with it is one line, and the store is touched last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.archive import Archive, read
from agent.errors import NotFound, UsageError
from agent.events import Event, Started
from agent.interviewer import Interviewer
from agent.review import review
from agent.store import id_from
from agent.transcript import fold
from knowledge.library import problem_hash
from knowledge.schema import Problem

MOST_BYTES = 32_000_000
"""More than 300 answers of the longest kind that the page takes; a transcript is usually 0.2 MB."""
OWNER = "local"
"""An imported interview belongs to whoever imports it, whatever its file says."""


def read_file(path: Path) -> Archive:
    """Raises UsageError with one line that says what is wrong with the file."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    if len(text) > MOST_BYTES:
        raise UsageError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB, which no exported interview is.")
    try:
        return read(text)
    except ValueError as error:
        raise UsageError(f"{path} {error}.") from None


@dataclass(frozen=True)
class Taken:
    """An imported interview: its id here, and what its importer should know."""

    interview: str
    new: bool
    changed: bool
    """Whether its problem has changed since it was held, so that its scorecard may differ."""


def take_in(archive: Archive, interviewer: Interviewer) -> Taken:
    """Raises UsageError; nothing is stored then."""
    first, later = _own(archive.started), archive.events[1:]
    events = [first, *later]
    problem = interviewer.problem(first.setup.problem)
    changed = problem_hash(problem) != first.problem_hash
    for interview in _ids(archive.interview, events):
        try:
            known = interviewer.store.events(interview)
        except NotFound:
            break
        if _written(known) == _written(events):
            return Taken(interview, new=False, changed=changed)
    _check(interviewer, problem, events)
    interviewer.store.add(interview, first, later)
    return Taken(interview, new=True, changed=changed)


def _own(started: Started) -> Started:
    return started.model_copy(update={"setup": started.setup.model_copy(update={"owner": OWNER})})


def _ids(wanted: str, events: Sequence[Event]) -> Iterator[str]:
    """The id that it had, and then ids made of what it says: the same file finds itself again."""
    yield wanted
    text, number = _written(events), 0
    while True:
        yield id_from(hashlib.sha256(f"{number}{text}".encode()).digest())
        number += 1


def _written(events: Sequence[Event]) -> str:
    return "\n".join(event.model_dump_json() for event in events)


def _check(interviewer: Interviewer, problem: Problem, events: Sequence[Event]) -> None:
    """Whether all that a report needs can be computed."""
    try:
        view = fold(events, problem)
        review(view, interviewer.score(view), interviewer.scoring, interviewer.library.stages)
    except Exception as error:  # events that no interview produces may break the fold anywhere
        reason = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise UsageError(f"The file's events do not fit together ({reason}). It was not imported.") from None
