"""Reads every content file and checks it. The only module that opens files under `knowledge/`.

`check` collects all findings in one run; `load` returns a library or raises `ContentError` with them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.cues import first_match, stems
from knowledge.schema import (
    CASE_SECTIONS,
    NOTE_SECTIONS,
    Case,
    CaseHead,
    Note,
    NoteHead,
    Passage,
    Point,
    Problem,
    Section,
    Stage,
    StageId,
)

ROOT = Path(__file__).parent
POINTS_PER_STAGE = (4, 7)
MISCONCEPTIONS_PER_PROBLEM = 8
SPOKEN_WORDS = 34
"""Longest authored question, in words: two breaths at speaking pace, and the median reply stays under 35."""
LEAK_STEMS = 4
"""A probe that repeats this many of its statement's stems in a row names what it looks for."""

_Parsed = TypeVar("_Parsed", bound=BaseModel)


@dataclass(frozen=True)
class Finding:
    """One thing wrong with one file."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message}" if self.field else f"{self.file}: {self.message}"


class ContentError(Exception):
    """Content that cannot be used; `findings` says everything that is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...]):
        self.findings = findings
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}. Run `hotseat knowledge check` for the whole list.")


@dataclass(frozen=True)
class Library:
    """All content, parsed and checked."""

    stages: dict[StageId, Stage]
    problems: dict[str, Problem]
    notes: dict[str, Note]
    cases: dict[str, Case]

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every `##` section of every note and case, in file order."""
        return tuple(_passages(self))

    def title(self, document: str) -> str:
        """Title of a note or case by id; the id itself where nothing has it."""
        if document in self.notes:
            return self.notes[document].head.title
        if document in self.cases:
            case = self.cases[document].head
            return f"{case.title} ({case.organisation}, {case.year})"
        return document


@dataclass
class _Reading:
    """What one pass over the files found so far."""

    root: Path
    findings: list[Finding] = field(default_factory=list)

    def add(self, path: Path | str, where: str, message: str) -> None:
        name = str(path.relative_to(self.root)) if isinstance(path, Path) else path
        self.findings.append(Finding(name, where, message))


def load(root: Path = ROOT) -> Library:
    """The library under `root`. Raises ContentError when any file cannot be used."""
    library, findings = _read(root)
    if library is None or findings:
        raise ContentError(findings)
    return library


def check(root: Path = ROOT) -> tuple[Finding, ...]:
    """Everything wrong with the files under `root`, in file order; empty when all is well."""
    return _read(root)[1]


def read_stages(root: Path = ROOT) -> dict[StageId, Stage]:
    """The framework alone. Raises ContentError."""
    reading = _Reading(root)
    stages = _stages(reading)
    if reading.findings:
        raise ContentError(tuple(reading.findings))
    return stages


def problem_hash(problem: Problem) -> str:
    """Short content hash, recorded in transcripts so that a later reader knows which wording was used."""
    return hashlib.sha256(problem.model_dump_json().encode()).hexdigest()[:12]


def _read(root: Path) -> tuple[Library | None, tuple[Finding, ...]]:
    reading = _Reading(root)
    stages = _stages(reading)
    problems = _by_id(reading, "problems/*.yaml", lambda path: _problem(reading, path), lambda p: p.id)
    notes = _by_id(reading, "concepts/*.md", lambda path: _note(reading, path), lambda n: n.head.id)
    cases = _by_id(reading, "cases/*.md", lambda path: _case(reading, path), lambda c: c.head.id)
    if not problems:
        reading.add("problems", "", "no problem could be read")
    library = Library(stages=stages, problems=problems, notes=notes, cases=cases)
    for problem in problems.values():
        _check_problem(reading, problem, library)
    _check_links(reading, library)
    return (library if len(stages) == len(StageId) else None), tuple(reading.findings)


# --- reading files ---------------------------------------------------------------------------------------------------


def _yaml(reading: _Reading, path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        reading.add(path, "", "is missing")
    except UnicodeDecodeError:
        reading.add(path, "", "is not UTF-8 text")
    except OSError as error:
        reading.add(path, "", f"cannot be read: {error.strerror}")
    except yaml.YAMLError as error:
        reading.add(path, "", f"is not valid YAML: {' '.join(str(error).split())}")
    return None


def _parse(reading: _Reading, path: Path, model: type[_Parsed], data: Any) -> _Parsed | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            where = ".".join(str(part) for part in detail["loc"])
            shown = detail.get("input")
            value = f" (found {shown!r:.80})" if not isinstance(shown, (dict, list)) else ""
            reading.add(path, where, detail["msg"] + value)
    return None


def _by_id(
    reading: _Reading, pattern: str, read: Callable[[Path], _Parsed | None], id_of: Callable[[_Parsed], str]
) -> dict[str, _Parsed]:
    found: dict[str, _Parsed] = {}
    for path in sorted(reading.root.glob(pattern)):
        value = read(path)
        if value is None:
            continue
        if id_of(value) != path.stem:
            reading.add(path, "id", f"{id_of(value)!r} differs from the file name {path.stem!r}")
        found[id_of(value)] = value
    return found


def _stages(reading: _Reading) -> dict[StageId, Stage]:
    path = reading.root / "stages.yaml"
    data = _yaml(reading, path)
    rows = data.get("stages") if isinstance(data, dict) else None
    stages = [stage for row in (rows if isinstance(rows, list) else []) if (stage := _parse(reading, path, Stage, row))]
    if [stage.id for stage in stages] != list(StageId):
        reading.add(path, "stages", f"must be exactly {', '.join(StageId)} in this order")
    return {stage.id: stage for stage in stages}


def _problem(reading: _Reading, path: Path) -> Problem | None:
    data = _yaml(reading, path)
    return None if data is None else _parse(reading, path, Problem, data)


def _note(reading: _Reading, path: Path) -> Note | None:
    head, sections = _markdown(reading, path)
    parsed = _parse(reading, path, NoteHead, head) if head is not None else None
    if parsed is None:
        return None
    _check_sections(reading, path, sections, NOTE_SECTIONS)
    return Note(head=parsed, sections=sections)


def _case(reading: _Reading, path: Path) -> Case | None:
    head, sections = _markdown(reading, path)
    parsed = _parse(reading, path, CaseHead, head) if head is not None else None
    if parsed is None:
        return None
    _check_sections(reading, path, sections, CASE_SECTIONS)
    return Case(head=parsed, sections=sections)


_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)


def _markdown(reading: _Reading, path: Path) -> tuple[Any, tuple[Section, ...]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reading.add(path, "", f"cannot be read: {error}")
        return None, ()
    match = _FRONT_MATTER.match(text)
    if not match:
        reading.add(path, "", "must begin with front matter between two lines of ---")
        return None, ()
    try:
        head = yaml.safe_load(match[1]) or {}
    except yaml.YAMLError as error:
        reading.add(path, "front matter", f"is not valid YAML: {' '.join(str(error).split())}")
        return None, ()
    parts = _HEADING.split(match[2])
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return head, tuple(Section(heading=heading, body=body.strip()) for heading, body in pairs)


# --- checking what was read ------------------------------------------------------------------------------------------


def _check_sections(reading: _Reading, path: Path, sections: tuple[Section, ...], wanted: tuple[str, ...]) -> None:
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


def _check_numbers(reading: _Reading, path: Path, body: str) -> None:
    for bullet in re.split(r"^[-*] +", body, flags=re.MULTILINE)[1:]:
        if re.search(r"\d", bullet) and not _BACKED.search(bullet):
            reading.add(path, "Numbers worth knowing", f"no source backs {' '.join(bullet.split())[:70]!r}")


def _check_problem(reading: _Reading, problem: Problem, library: Library) -> None:
    file = f"problems/{problem.id}.yaml"
    low, high = POINTS_PER_STAGE
    for stage in StageId:
        count = len(problem.stages.get(stage, ()))
        if not low <= count <= high:
            reading.add(file, f"stages.{stage}", f"has {count} points; {low} to {high} are needed")
    _check_unique(reading, file, "fact", (fact.id for fact in problem.facts))
    _check_unique(reading, file, "curveball", (ball.id for ball in problem.curveballs))
    points = [point for group in problem.stages.values() for point in group]
    _check_unique(reading, file, "point", (point.id for point in points))
    _check_unique(reading, file, "probe", (point.probe for point in points))
    for point in points:
        _check_point(reading, file, point, library)
    count = sum(len(point.misconceptions) for point in points)
    if count < MISCONCEPTIONS_PER_PROBLEM:
        reading.add(file, "misconceptions", f"has {count}; at least {MISCONCEPTIONS_PER_PROBLEM} are needed")
    cited = {source for point in points for source in point.sources} & library.cases.keys()
    if len(cited) < 4:
        reading.add(file, "sources", f"cites {len(cited)} cases; at least 4 are needed")


def _check_unique(reading: _Reading, file: str, what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            reading.add(file, one, f"duplicate {what}")
        seen.add(one)


def _check_point(reading: _Reading, file: str, point: Point, library: Library) -> None:
    if cue := first_match(point.cues, point.probe):
        reading.add(file, f"{point.id}.probe", f"leaks its point: it matches the cue {cue!r}")
    if shared := _shared_run(stems(point.statement), stems(point.probe)):
        reading.add(file, f"{point.id}.probe", f"leaks its point: it repeats {' '.join(shared)!r} of the statement")
    spoken = {"probe": point.probe, "trade_off": point.trade_off}
    spoken |= {f"misconceptions.{i}.challenge": m.challenge for i, m in enumerate(point.misconceptions)}
    for where, question in spoken.items():
        if len(question.split()) > SPOKEN_WORDS:
            reading.add(file, f"{point.id}.{where}", f"is {len(question.split())} words long, over {SPOKEN_WORDS}")
    for source in point.sources:
        if source not in library.notes and source not in library.cases:
            reading.add(file, f"{point.id}.sources", f"unknown id {source!r}")


def _shared_run(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    runs = {left[i : i + LEAK_STEMS] for i in range(len(left) - LEAK_STEMS + 1)}
    for i in range(len(right) - LEAK_STEMS + 1):
        if right[i : i + LEAK_STEMS] in runs:
            return right[i : i + LEAK_STEMS]
    return ()


def _check_links(reading: _Reading, library: Library) -> None:
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


def _check_known(reading: _Reading, file: str, where: str, ids: Iterable[str], known: Iterable[str]) -> None:
    names = set(known)
    for one in ids:
        if one not in names:
            reading.add(file, where, f"unknown id {one!r}")


_LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


def _check_body_links(reading: _Reading, file: str, sections: tuple[Section, ...]) -> None:
    folder = (reading.root / file).parent
    for section in sections:
        for target in _LINK.findall(section.body):
            if not (folder / target).resolve().is_file():
                reading.add(file, section.heading, f"dead link {target!r}")


def _passages(library: Library) -> Iterator[Passage]:
    for note in library.notes.values():
        users = tuple(p.id for p in library.problems.values() if any(note.head.id in q.sources for q in p.points))
        for section in note.sections:
            yield _passage("concept", note.head.id, note.head.title, section, users)
    for case in library.cases.values():
        title = f"{case.head.title} ({case.head.organisation}, {case.head.year})"
        for section in case.sections:
            yield _passage("case", case.head.id, title, section, case.head.problems)


def _passage(kind: Any, document: str, title: str, section: Section, problems: tuple[str, ...]) -> Passage:
    slug = "-".join(re.findall(r"[a-z0-9]+", section.heading.lower()))
    return Passage(
        id=f"{document}#{slug}", kind=kind, document=document, title=title, heading=section.heading,
        text=section.body, problems=problems,
    )  # fmt: skip
