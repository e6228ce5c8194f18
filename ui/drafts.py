"""From a document on disk to a problem of one's own on disk. I/O; the drafting itself is `agent/drafting.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from agent.drafting import generic_facts, identifier, outline, skeleton, worded
from agent.errors import HotseatError, UsageError
from knowledge.checks import Finding
from knowledge.embedding import load_embedder
from knowledge.files import FileReader, Unreadable
from knowledge.library import check_file, read_template
from knowledge.schema import Problem
from ui.assembly import Assembly, problems_folder

LINE = 110


@dataclass(frozen=True)
class Drafted:
    """A drafted problem: where it lies, what came from where, what its check says."""

    id: str
    path: Path
    taken: tuple[str, ...]
    generic: tuple[str, ...]
    """Facts that the document did not answer."""
    findings: tuple[Finding, ...]


async def drafted(
    source: Path, assembly: Assembly, name: str | None, progress: Callable[[int, int], None]
) -> Drafted:  # fmt: skip
    """Raises UsageError for a document or a name that cannot be used, HotseatError when nothing can be written."""
    interviewer, library = assembly.interviewer, assembly.interviewer.library
    folder = problems_folder(assembly.settings.home)
    try:
        with FileReader() as reader:
            document = outline(reader.read(source.absolute()), source.stem.replace("-", " ").replace("_", " "))
    except Unreadable as error:
        raise UsageError(f"{source} {error}.") from None
    taken_ids = {*library.problems, *(path.stem for path in folder.glob("*.yaml"))}
    identity = _named(name, taken_ids) if name else identifier(document.title, taken_ids)
    embed = load_embedder().embed
    template = read_template()
    draft = skeleton(template, document, identity, embed, interviewer.finder)
    if interviewer.model is not None:
        draft = await worded(draft, document, library, embed, interviewer.finder, interviewer.model, progress)
    path = folder / f"{identity}.yaml"
    _write(path, draft.problem, source)
    _, findings = check_file(path, library)
    return Drafted(identity, path, draft.taken, generic_facts(draft.problem, template), findings)


def _named(name: str, taken: set[str]) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 60:
        raise UsageError(f"{name!r} is no id: use lower-case words joined by hyphens.")
    if name in taken:
        raise UsageError(f"There is a problem {name!r} already; choose another --id.")
    return name


class _Row(list[str]):
    """A list that is written in rows and not one to a line."""


def _in_rows(value: Any) -> Any:
    """Cues as rows: a draft is read and edited by people, who look for the sentences between them."""
    if isinstance(value, dict):
        return {
            key: _Row(one) if key in ("asks", "cues", "targets", "sources") else _in_rows(one)
            for key, one in value.items()
        }
    return [_in_rows(one) for one in value] if isinstance(value, list) else value


class _Text(yaml.SafeDumper):
    """Long texts folded, lists indented, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


_Text.add_representer(
    _Row, lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True)
)


def _write(path: Path, problem: Problem, source: Path) -> None:
    day = datetime.now(UTC).date().isoformat()
    head = f"# Drafted on {day} from {source.name}. How to go on: knowledge/README.md in the Hotseat repository.\n"
    data = _in_rows(problem.model_dump(mode="json", exclude_none=True))
    text = head + yaml.dump(data, Dumper=_Text, sort_keys=False, allow_unicode=True, width=LINE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HotseatError(f"{path} cannot be written: {error.strerror}.") from None
