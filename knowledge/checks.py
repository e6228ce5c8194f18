"""What must hold of content beyond its schema. Parsed values in, findings out; it looks whether linked files exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.cues import first_match, stems
from knowledge.schema import Point, Problem, Section, StageId

if TYPE_CHECKING:
    from knowledge.library import Library

POINTS_PER_STAGE = (4, 7)
MISCONCEPTIONS_PER_PROBLEM = 8
SPOKEN_WORDS = 34
"""Longest authored question, in words: two breaths at speaking pace, and the median reply stays under 35."""
TOLD_WORDS = 50
"""Longest `tell` of a fact: what is said with one fact stays under sixty words with what introduces it."""
OPENING_WORDS = 75
"""Longest `brief` and `tell` of the first fact together: they are read out at the start."""
CURVEBALL_WORDS = 42
"""Longest `change` and `question` together: the quoted commitment before them takes up to eighteen more."""
LEAK_STEMS = 4
"""A probe that repeats this many of its statement's stems in a row names what it looks for."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong with one file."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message}" if self.field else f"{self.file}: {self.message}"


@dataclass
class Reading:
    """What one pass over the files found so far."""

    root: Path
    findings: list[Finding] = field(default_factory=list)

    def add(self, path: Path | str, where: str, message: str) -> None:
        name = str(path.relative_to(self.root)) if isinstance(path, Path) else path
        self.findings.append(Finding(name, where, message))


def check_sections(reading: Reading, path: Path, sections: tuple[Section, ...], wanted: tuple[str, ...]) -> None:
    headings = tuple(section.heading for section in sections)
    if headings != wanted:
        reading.add(path, "sections", f"must be {list(wanted)}, found {list(headings)}")
    for section in sections:
        if not section.body:
            reading.add(path, section.heading, "is empty")
        if section.heading == "Drill questions" and section.body.count("### ") != 3:
            reading.add(path, section.heading, "must hold three ### questions")
        if section.heading == "Numbers worth knowing":
            _check_numbers(reading, path, section.body)


_BACKED = re.compile(r"\]\(\.\./cases/[a-z0-9-]+\.md\)|\bconvention\b|\barithmetic\b", re.IGNORECASE)


def _check_numbers(reading: Reading, path: Path, body: str) -> None:
    for bullet in re.split(r"^[-*] +", body, flags=re.MULTILINE)[1:]:
        if re.search(r"\d", bullet) and not _BACKED.search(bullet):
            reading.add(path, "Numbers worth knowing", f"no source backs {' '.join(bullet.split())[:70]!r}")


def check_problem(reading: Reading, problem: Problem, library: Library, *, file: str | None = None) -> None:
    file = file or f"problems/{problem.id}.yaml"
    low, high = POINTS_PER_STAGE
    for stage in StageId:
        count = len(problem.stages.get(stage, ()))
        if not low <= count <= high:
            reading.add(file, f"stages.{stage}", f"has {count} points; {low} to {high} are needed")
    points = [point for group in problem.stages.values() for point in group]
    _check_unique(reading, file, "probe", (point.probe for point in points))
    for point in points:
        check_point(reading, file, point, library)
    check_spoken(reading, file, problem)
    count = sum(len(point.misconceptions) for point in points)
    if count < MISCONCEPTIONS_PER_PROBLEM:
        reading.add(file, "misconceptions", f"has {count}; at least {MISCONCEPTIONS_PER_PROBLEM} are needed")
    cited = {source for point in points for source in point.sources} & library.cases.keys()
    if len(cited) < 4:
        reading.add(file, "sources", f"cites {len(cited)} cases; at least 4 are needed")


def check_spoken(reading: Reading, file: str, problem: Problem) -> None:
    """What is said beside the points' own questions must be short, and ask nothing where a question follows it."""
    first = problem.facts[0]
    _check_length(reading, file, f"brief and {first.id}.tell", f"{problem.brief} {first.tell}", OPENING_WORDS)
    for fact in problem.facts:
        _check_length(reading, file, f"{fact.id}.tell", fact.tell, TOLD_WORDS)
        _check_length(reading, file, f"{fact.id}.throw_back", fact.throw_back or "", SPOKEN_WORDS)
    for stage, opener in problem.openers.items():
        _check_length(reading, file, f"openers.{stage}", opener, SPOKEN_WORDS)
    for ball in problem.curveballs:
        _check_length(
            reading, file, f"{ball.id}.change and question", f"{ball.change} {ball.question}", CURVEBALL_WORDS
        )
    told = {"brief": problem.brief} | {f"{fact.id}.tell": fact.tell for fact in problem.facts}
    for where, text in (told | {f"{ball.id}.change": ball.change for ball in problem.curveballs}).items():
        if "?" in text:
            reading.add(file, where, "asks a question, and another follows it")


def check_ids(reading: Reading, file: str, problem: Problem) -> None:
    points = [point for group in problem.stages.values() for point in group]
    _check_unique(reading, file, "fact", (fact.id for fact in problem.facts))
    _check_unique(reading, file, "curveball", (ball.id for ball in problem.curveballs))
    _check_unique(reading, file, "point", (point.id for point in points))
    _check_unique(reading, file, "board component", (one.id for one in problem.board.components))


def _check_unique(reading: Reading, file: str, what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            reading.add(file, one, f"duplicate {what}")
        seen.add(one)


def check_point(reading: Reading, file: str, point: Point, library: Library) -> None:
    if cue := first_match(point.cues, point.probe):
        reading.add(file, f"{point.id}.probe", f"leaks its point: it matches the cue {cue!r}")
    if shared := _shared_run(stems(point.statement), stems(point.probe)):
        reading.add(file, f"{point.id}.probe", f"leaks its point: it repeats {' '.join(shared)!r} of the statement")
    spoken = {"probe": point.probe, "trade_off": point.trade_off}
    spoken |= {f"misconceptions.{i}.challenge": m.challenge for i, m in enumerate(point.misconceptions)}
    for where, question in spoken.items():
        _check_length(reading, file, f"{point.id}.{where}", question, SPOKEN_WORDS)
    for rung, hint in enumerate(point.hints, 1):
        _check_length(reading, file, f"{point.id}.hints.{rung}", hint, TOLD_WORDS)
        if hint.count("?") > 1:
            reading.add(file, f"{point.id}.hints.{rung}", "asks more than one question")
    for source in point.sources:
        if source not in library.notes and source not in library.cases:
            reading.add(file, f"{point.id}.sources", f"unknown id {source!r}")


def _check_length(reading: Reading, file: str, where: str, text: str, limit: int) -> None:
    if (words := len(text.split())) > limit:
        reading.add(file, where, f"is {words} words long, over {limit}")


def _shared_run(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    runs = {left[i : i + LEAK_STEMS] for i in range(len(left) - LEAK_STEMS + 1)}
    for i in range(len(right) - LEAK_STEMS + 1):
        if right[i : i + LEAK_STEMS] in runs:
            return right[i : i + LEAK_STEMS]
    return ()


def check_links(reading: Reading, library: Library) -> None:
    groups = (group for problem in library.problems.values() for group in problem.stages.values())
    cited = {source for group in groups for point in group for source in point.sources}
    for twice in sorted(library.notes.keys() & library.cases.keys()):
        reading.add(f"cases/{twice}.md", "id", "a note has this id already")
    for note in library.notes.values():
        file = f"concepts/{note.head.id}.md"
        cited |= set(note.head.sources) | set(note.head.related)
        _check_known(reading, file, "related", note.head.related, library.notes)
        _check_known(reading, file, "sources", note.head.sources, library.cases)
        _check_body_links(reading, file, note.sections)
    for case in library.cases.values():
        file = f"cases/{case.head.id}.md"
        _check_known(reading, file, "problems", case.head.problems, library.problems)
        _check_known(reading, file, "concepts", case.head.concepts, library.notes)
        _check_body_links(reading, file, case.sections)
        if not case.head.problems and not case.head.concepts:
            reading.add(file, "", "serves no problem and no concept")
    for unused in sorted((library.notes.keys() | library.cases.keys()) - cited):
        folder = "concepts" if unused in library.notes else "cases"
        reading.add(f"{folder}/{unused}.md", "", "is cited by nothing")


def _check_known(reading: Reading, file: str, where: str, ids: Iterable[str], known: Iterable[str]) -> None:
    names = set(known)
    for one in ids:
        if one not in names:
            reading.add(file, where, f"unknown id {one!r}")


_LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


def _check_body_links(reading: Reading, file: str, sections: tuple[Section, ...]) -> None:
    folder = (reading.root / file).parent
    for section in sections:
        for target in _LINK.findall(section.body):
            if not (folder / target).resolve().is_file():
                reading.add(file, section.heading, f"dead link {target!r}")
