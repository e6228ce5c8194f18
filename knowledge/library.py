"""Reads every content file and checks it. The only module that opens files under `knowledge/`.

`check` collects all findings in one run; `load` returns a library or raises `ContentError` with them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.checks import Finding, Reading, check_ids, check_links, check_problem, check_sections
from knowledge.errors import KnowledgeError
from knowledge.schema import (
    CASE_SECTIONS,
    NOTE_SECTIONS,
    Case,
    CaseHead,
    Kind,
    Note,
    NoteHead,
    Passage,
    Problem,
    Section,
    Stage,
    StageId,
)

ROOT = Path(__file__).parent
OWN = "own-"
"""Ids of a user's own files begin so."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml reads a problem nine times faster; PyYAML comes without it on some systems."""

_Parsed = TypeVar("_Parsed", bound=BaseModel)


class ContentError(KnowledgeError):
    """Content that cannot be used; `findings` says everything that is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...], command: str = "knowledge check"):
        self.findings = findings
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}. Run `hotseat {command}` for the whole list.")


@dataclass(frozen=True)
class Library:
    """All content, parsed and checked."""

    stages: dict[StageId, Stage]
    problems: dict[str, Problem]
    notes: dict[str, Note]
    cases: dict[str, Case]
    own: tuple[Passage, ...] = ()
    """A user's own files: found and cited beside the rest, never graded by."""

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every `##` section of every note and case, drill questions one by one, in file order."""
        return tuple(_passages(self))

    @cached_property
    def _own_citations(self) -> dict[str, str]:
        return {passage.id: passage.citation for passage in self.own}

    def citation(self, passage_id: str) -> str:
        """How to name what a recorded passage stands for, long after."""
        if passage_id.startswith(OWN):
            return self._own_citations.get(passage_id, "your notes: a file that has been changed or removed since")
        document = passage_id.partition("#")[0]
        case = self.cases.get(document)
        return f"{self.title(document)}: {case.head.source.url}" if case else self.title(document)

    def title(self, document: str) -> str:
        """Title of a note or case by id; the id itself where nothing has it."""
        if document in self.notes:
            return self.notes[document].head.title
        if document in self.cases:
            case = self.cases[document].head
            return f"{case.title} ({case.organisation}, {case.year})"
        return document


def load(root: Path = ROOT) -> Library:
    """The library under `root`. Raises ContentError when any file cannot be used."""
    library, findings = _read(root)
    if library is None or findings:
        raise ContentError(findings)
    return library


def with_own_problems(library: Library, folder: Path) -> tuple[Library, list[str]]:
    """The library and the problems that a user keeps in `folder`; a line for each file that cannot be played.

    What is merely thin (fewer points or cases than ours) is played: `check_file` says what is missing.
    """
    problems, lines = dict(library.problems), []
    for path in sorted(folder.glob("*.yaml")):
        reading = Reading(folder)
        problem = _problem(reading, path)
        if problem is not None:
            _check_playable(reading, path, problem, library)
        if problem is None or reading.findings:
            lines.append(f"{path} is left out: {ContentError(tuple(reading.findings), f'problems check {path}')}")
        else:
            problems[problem.id] = problem
    return replace(library, problems=problems), lines


def check_file(path: Path, library: Library) -> tuple[Problem | None, tuple[Finding, ...]]:
    """A problem in a file of its own, as far as it can be read, and everything that is wrong with it."""
    reading = Reading(path.parent)
    problem = _problem(reading, path)
    if problem is not None:
        _check_playable(reading, path, problem, library)
        if not reading.findings:
            check_problem(reading, problem, library, file=path.name)
    return problem, tuple(reading.findings)


def _check_playable(reading: Reading, path: Path, problem: Problem, library: Library) -> None:
    """What an interview could not do without."""
    if problem.id != path.stem:
        reading.add(path, "id", f"{problem.id!r} differs from the file name {path.stem!r}")
    if problem.id in library.problems:
        reading.add(path, "id", f"{problem.id!r} is a problem of the library: choose another id and file name")
    for stage in StageId:
        if not problem.stages.get(stage):
            reading.add(path, f"stages.{stage}", "has no points")
    check_ids(reading, path.name, problem)


def check(root: Path = ROOT) -> tuple[Finding, ...]:
    """Everything wrong with the files under `root`, in file order; empty when all is well."""
    return _read(root)[1]


def read_stages(root: Path = ROOT) -> dict[StageId, Stage]:
    """The framework alone. Raises ContentError."""
    reading = Reading(root)
    stages = _stages(reading)
    if reading.findings:
        raise ContentError(tuple(reading.findings))
    return stages


def read_template(root: Path = ROOT) -> Problem:
    """The product-neutral problem that drafts start from. Raises ContentError."""
    reading = Reading(root)
    problem = _problem(reading, root / "template.yaml")
    if problem is None:
        raise ContentError(tuple(reading.findings))
    return problem


def problem_hash(problem: Problem) -> str:
    """Short content hash, recorded in transcripts so that a later reader knows which wording was used."""
    return hashlib.sha256(problem.model_dump_json().encode()).hexdigest()[:12]


def _read(root: Path) -> tuple[Library | None, tuple[Finding, ...]]:
    reading = Reading(root)
    stages = _stages(reading)
    problems = _by_id(reading, "problems/*.yaml", lambda path: _problem(reading, path), lambda p: p.id)
    notes = _by_id(reading, "concepts/*.md", lambda path: _note(reading, path), lambda n: n.head.id)
    cases = _by_id(reading, "cases/*.md", lambda path: _case(reading, path), lambda c: c.head.id)
    if not problems:
        reading.add("problems", "", "no problem could be read")
    library = Library(stages=stages, problems=problems, notes=notes, cases=cases)
    for problem in problems.values():
        check_ids(reading, f"problems/{problem.id}.yaml", problem)
        check_problem(reading, problem, library)
    if template := _problem(reading, root / "template.yaml"):
        check_ids(reading, "template.yaml", template)
        check_problem(reading, template, library, file="template.yaml")
    check_links(reading, library)
    return (library if len(stages) == len(StageId) else None), tuple(reading.findings)


# --- reading files ---------------------------------------------------------------------------------------------------


def _yaml(reading: Reading, path: Path) -> Any:
    try:
        return _load_yaml(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        reading.add(path, "", "is missing")
    except UnicodeDecodeError:
        reading.add(path, "", "is not UTF-8 text")
    except OSError as error:
        reading.add(path, "", f"cannot be read: {error.strerror}")
    except yaml.YAMLError as error:
        reading.add(path, "", f"is not valid YAML: {' '.join(str(error).split())}")
    return None


def _parse(reading: Reading, path: Path, model: type[_Parsed], data: Any) -> _Parsed | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            where = ".".join(str(part) for part in detail["loc"])
            shown = detail.get("input")
            value = f" (found {shown!r:.80})" if not isinstance(shown, (dict, list)) else ""
            reading.add(path, where, detail["msg"] + value)
    return None


def _load_yaml(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)


def _by_id(
    reading: Reading, pattern: str, read: Callable[[Path], _Parsed | None], id_of: Callable[[_Parsed], str]
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


def _stages(reading: Reading) -> dict[StageId, Stage]:
    path = reading.root / "stages.yaml"
    data = _yaml(reading, path)
    rows = data.get("stages") if isinstance(data, dict) else None
    stages = [stage for row in (rows if isinstance(rows, list) else []) if (stage := _parse(reading, path, Stage, row))]
    if [stage.id for stage in stages] != list(StageId):
        reading.add(path, "stages", f"must be exactly {', '.join(StageId)} in this order")
    return {stage.id: stage for stage in stages}


def _problem(reading: Reading, path: Path) -> Problem | None:
    data = _yaml(reading, path)
    return None if data is None else _parse(reading, path, Problem, data)


def _note(reading: Reading, path: Path) -> Note | None:
    head, sections = _markdown(reading, path)
    parsed = _parse(reading, path, NoteHead, head) if head is not None else None
    if parsed is None:
        return None
    check_sections(reading, path, sections, NOTE_SECTIONS)
    return Note(head=parsed, sections=sections)


def _case(reading: Reading, path: Path) -> Case | None:
    head, sections = _markdown(reading, path)
    parsed = _parse(reading, path, CaseHead, head) if head is not None else None
    if parsed is None:
        return None
    check_sections(reading, path, sections, CASE_SECTIONS)
    return Case(head=parsed, sections=sections)


_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)


def _markdown(reading: Reading, path: Path) -> tuple[Any, tuple[Section, ...]]:
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
        head = _load_yaml(match[1]) or {}
    except yaml.YAMLError as error:
        reading.add(path, "front matter", f"is not valid YAML: {' '.join(str(error).split())}")
        return None, ()
    parts = _HEADING.split(match[2])
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return head, tuple(Section(heading=heading, body=body.strip()) for heading, body in pairs)


# --- passages ---------------------------------------------------------------------------------------------------------


def _passages(library: Library) -> Iterator[Passage]:
    for note in library.notes.values():
        users = tuple(p.id for p in library.problems.values() if any(note.head.id in q.sources for q in p.points))
        for section in note.sections:
            yield from _cut("concept", note.head.id, note.head.title, section, users)
    for case in library.cases.values():
        title = f"{case.head.title} ({case.head.organisation}, {case.head.year})"
        for section in case.sections:
            yield from _cut("case", case.head.id, title, section, case.head.problems)


def _cut(kind: Kind, document: str, title: str, section: Section, problems: tuple[str, ...]) -> Iterator[Passage]:
    """A section, or what stands under each of its ### headings: three drill questions are three subjects."""
    slug = "-".join(re.findall(r"[a-z0-9]+", section.heading.lower()))
    parts = [part.strip() for part in re.split(r"^(?=### )", section.body, flags=re.MULTILINE) if part.strip()]
    for n, part in enumerate(parts, 1):
        yield Passage(
            id=f"{document}#{slug}" if len(parts) == 1 else f"{document}#{slug}-{n}",
            kind=kind, document=document, title=title, heading=section.heading, text=part, problems=problems,
        )  # fmt: skip
