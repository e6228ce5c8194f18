"""Drills: short questions that come back, what a good answer shows, and how an answer is rated. PURE.

A drill is not stored: its id says where it comes from, a concept note (`note/<concept>/<n>`) or a point of a problem
(`point/<problem>/<point>`). What is stored is each attempt; when a drill comes back is computed from those (`recall`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from agent.coverage import MIN_WORDS
from agent.events import Cell
from agent.weak import WeakPoint
from knowledge.cues import sentences, stems
from knowledge.library import Library
from knowledge.schema import Note, Problem, Value

NEW = 5
"""Most drills of a session that were never asked before: each of them comes back, so more would pile up."""


class Rating(StrEnum):
    """The four answers that FSRS knows, worst first."""

    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"
    EASY = "easy"


By = Literal["reader", "self", "skipped"]
"""Who rated an answer; `skipped` is one that was not given."""


class Drill(Value):
    """A question, the statements that a good answer shows, and a good answer. `reading` are ids of notes and cases."""

    id: str
    about: str
    question: str
    expected: tuple[str, ...]
    good: str
    reading: tuple[str, ...]


class Attempt(Value):
    """One answer to a drill, as it was rated; what is stored. Without a rating it is kept and moves no date.

    `cells` are those of the expected statements, `Cell.point` being their index.
    """

    owner: str
    drill: str
    when: AwareDatetime
    answer: str
    rating: Rating | None
    by: By
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Marked:
    """One expected statement in one answer. The quote is verbatim; for `unsure` it is the nearest words."""

    statement: str
    state: Literal["shown", "unsure", "not-shown"]
    quote: str


# --- where drills come from -----------------------------------------------------------------------------------------

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WEAK_ANSWER = re.compile(r"\b(weak answer|usual mistake|misses the point)\b")
"""Sentences of a note that say what not to answer: read afterwards, never expected."""


def note_drills(note: Note) -> tuple[Drill, ...]:
    """The questions under "Drill questions"; each sentence of what a good answer contains is one expected statement.

    Sentences too short to be read in an answer ("Downloads stop.") stay in the good answer only.
    """
    body = next((section.body for section in note.sections if section.heading == "Drill questions"), "")
    parts = re.split(r"^### +", body, flags=re.MULTILINE)[1:]
    return tuple(_note_drill(note, n, part) for n, part in enumerate(parts, 1))


def _note_drill(note: Note, n: int, part: str) -> Drill:
    question, _, rest = part.partition("\n")
    good = _LINK.sub(r"\1", " ".join(rest.split()))
    return Drill(
        id=f"note/{note.head.id}/{n}",
        about=note.head.title,
        question=question.strip(),
        expected=tuple(s for s in sentences(good) if len(stems(s)) >= MIN_WORDS and not _WEAK_ANSWER.search(s)),
        good=good,
        reading=(note.head.id,),
    )


def point_drill(problem: Problem, point_id: str) -> Drill:
    """The probe of a point; its strong answer is shown afterwards."""
    point = problem.point(point_id)
    return Drill(
        id=f"point/{problem.id}/{point.id}",
        about=f"{problem.title}, {problem.stage_of(point.id)}",
        question=point.probe,
        expected=(point.statement,),
        good=point.strong,
        reading=point.sources,
    )


def drill_of(library: Library, drill_id: str) -> Drill | None:
    """None for what the library no longer has."""
    kind, _, rest = drill_id.partition("/")
    owner, _, name = rest.partition("/")
    if kind == "note" and owner in library.notes:
        return next((drill for drill in note_drills(library.notes[owner]) if drill.id == drill_id), None)
    if kind == "point" and owner in library.problems:
        problem = library.problems[owner]
        return point_drill(problem, name) if name in {point.id for point in problem.points} else None
    return None


def catalogue(library: Library, weak: Sequence[WeakPoint]) -> tuple[Drill, ...]:
    """All drills in the order of their introduction: own weak points, then notes, those under weak points first.

    The first question of every note comes before the second of any: five new drills are five subjects.
    """
    own = [drill for w in weak if (drill := drill_of(library, f"point/{w.problem.id}/{w.point.id}"))]
    cited: Counter[str] = Counter()
    for one in weak:
        cited.update(dict.fromkeys(one.point.sources, one.point.weight))
    by_note = [note_drills(library.notes[note]) for note in sorted(library.notes, key=lambda n: (-cited[n], n))]
    rounds = range(max(map(len, by_note), default=0))
    return (*own, *(drills[n] for n in rounds for drills in by_note if n < len(drills)))


def notes_named(library: Library, name: str) -> tuple[str, ...]:
    """Ids of the notes of that id, title or alias, however it is spelt; several where an alias is shared."""
    wanted = stems(name)
    if exact := [id_ for id_ in library.notes if stems(id_) == wanted]:
        return tuple(exact)
    return tuple(id_ for id_, note in library.notes.items() if wanted in map(stems, _names(note)))


def notes_near(library: Library, name: str) -> tuple[str, ...]:
    """Ids of notes with a name that resembles this one, nearest first; all of them when none does."""
    names = {spelt.lower(): id_ for id_, note in library.notes.items() for spelt in (id_, *_names(note))}
    near = get_close_matches(name.lower(), names, n=5, cutoff=0.5)
    return tuple(dict.fromkeys(names[spelt] for spelt in near)) or tuple(library.notes)


def _names(note: Note) -> tuple[str, ...]:
    return (note.head.title, *note.head.aliases)


# --- which of them now ----------------------------------------------------------------------------------------------


def is_due(date: datetime, now: datetime) -> bool:
    """Whether its day has come where the candidate is: `now` carries their time zone."""
    return date.astimezone(now.tzinfo).date() <= now.date()


def session(
    library: Library,
    weak: Sequence[WeakPoint],
    dates: Mapping[str, datetime],
    now: datetime,
    count: int,
    note: str | None = None,
) -> tuple[Drill, ...]:
    """At most `count` drills: due ones, longest due first, then at most `NEW` new ones.

    With a `note`, only what rests on it, also ahead of its date: somebody who asks for a subject gets it.
    """
    known = [drill for id_ in sorted(dates, key=lambda d: (dates[d], d)) if (drill := drill_of(library, id_))]
    fresh = [drill for drill in catalogue(library, weak) if drill.id not in dates]
    if note is not None:
        known, fresh = ([drill for drill in drills if note in drill.reading] for drills in (known, fresh))
    due = [drill for drill in known if is_due(dates[drill.id], now)]
    ahead = [drill for drill in known if drill not in due] if note is not None else []
    return tuple([*due, *fresh[:NEW], *ahead][:count])


def pending(
    library: Library, weak: Sequence[WeakPoint], dates: Mapping[str, datetime], now: datetime
) -> tuple[int, int]:
    """How many drills are due, and how many were never asked."""
    due = sum(is_due(date, now) and drill_of(library, id_) is not None for id_, date in dates.items())
    return due, sum(drill.id not in dates for drill in catalogue(library, weak))


# --- grading --------------------------------------------------------------------------------------------------------


def marked(drill: Drill, cells: Iterable[Cell]) -> tuple[Marked, ...]:
    """Every expected statement; one without a cell was not shown."""
    by_index = {cell.point: cell for cell in cells}
    found = (by_index.get(str(index)) for index in range(len(drill.expected)))
    return tuple(
        Marked(statement, cell.state, cell.quote) if cell else Marked(statement, "not-shown", "")
        for statement, cell in zip(drill.expected, found, strict=True)
    )


def unread(drill: Drill) -> tuple[Cell, ...]:
    """The cells of an answer that nothing here can read: all of them open."""
    return tuple(Cell(point=str(n), state="unsure", probability=0.5) for n in range(len(drill.expected)))


def rating_of(marks: Iterable[Marked]) -> Rating | None:
    """From the share of decided statements that were shown; None when fewer than half were decided."""
    states = [mark.state for mark in marks]
    decided = [state == "shown" for state in states if state != "unsure"]
    if not decided or 2 * len(decided) < len(states):
        return None
    share = sum(decided) / len(decided)
    if share == 0:
        return Rating.AGAIN
    if share < 0.5:
        return Rating.HARD
    return Rating.EASY if share == 1 else Rating.GOOD
