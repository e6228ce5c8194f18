"""What the documents say is so: the two commands, every `hotseat ...`, every variable, every link."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer.main

from ui.cli import app

ROOT = Path(__file__).parent.parent
SET_UP = "pip install uv && uv run hotseat"
TEST = "pip install uv && uv run pytest"
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "knowledge/README.md", "agent/**/*.md")
    for path in ROOT.glob(pattern)
)
EVERY_DOCUMENT = pytest.mark.parametrize("document", DOCUMENTS)


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def code(document: str) -> list[str]:
    """Code spans, indented lines and fenced lines: where a document shows what to type."""
    body = text(document)
    fenced = re.findall(r"^```.*?\n(.*?)^```", body, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4,}(\S.*)$", body, re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", body)
    return [*(line.strip() for block in fenced for line in block.splitlines()), *indented, *spans]


def prose(document: str) -> str:
    """A document without its code, in which a link may be an example."""
    body = re.sub(r"^```.*?^```", "", text(document), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]+`", "code", re.sub(r"^ {4,}\S.*$", "", body, flags=re.MULTILINE))


# --- the two commands ------------------------------------------------------------------------------------------------


def typed(line: str) -> str:
    """A shell line without its comment."""
    return line.split(" #", maxsplit=1)[0].strip()


def test_the_readme_shows_the_two_commands_once_each() -> None:
    shown = [typed(line) for line in code("README.md")]
    assert shown.count(SET_UP) == 1
    assert shown.count(TEST) == 1


@pytest.mark.parametrize("document", [".ci/run", "CONTRIBUTING.md"])
def test_the_readmes_test_command_is_what_is_run_word_for_word(document: str) -> None:
    assert TEST in [typed(line) for line in text(document).splitlines()]


# --- commands --------------------------------------------------------------------------------------------------------

COMMAND = re.compile(r"(?:^|\buv run (?:--extra \w+ )?|&& )hotseat((?: +[^\s&|;)]+)*)")


def problem_with(words: list[str]) -> str | None:
    """Why `hotseat WORDS` cannot be typed, or None."""
    command: Any = typer.main.get_command(app)
    while words and not words[0].startswith("-") and (inside := getattr(command, "commands", {})):
        if words[0] not in inside:
            return f"there is no command {words[0]!r}"
        command, words = inside[words[0]], words[1:]
    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in known | {"--help"}]
    return f"{command.name} has no {unknown[0]}" if unknown else None


@EVERY_DOCUMENT
def test_every_command_that_is_shown_exists(document: str) -> None:
    wrong = {}
    for line in code(document):
        for match in COMMAND.finditer(typed(line)):
            words = [word for part in match[1].split() for word in part.split("|")[:1]]
            if reason := problem_with(words):
                wrong[match[0]] = reason
    assert not wrong


def test_the_search_for_commands_finds_them() -> None:
    found = [match[1].strip() for line in code("README.md") for match in COMMAND.finditer(typed(line))]
    assert {"", "sessions", "chat --problem ID", "model pull"} <= set(found)
    assert problem_with(["no-such-command"])
    assert problem_with(["chat", "--no-such-option"])
    assert problem_with(["knowledge", "no-such-command"])
    assert problem_with(["web", "--port", "0", "--no-browser"]) is None


# --- variables and links ---------------------------------------------------------------------------------------------


@EVERY_DOCUMENT
def test_every_variable_that_is_shown_is_read_somewhere(document: str) -> None:
    sources = "".join(path.read_text() for part in ("agent", "ui", "knowledge") for path in (ROOT / part).rglob("*.py"))
    read = set(re.findall(r"HOTSEAT_[A-Z_]*[A-Z]", sources))
    assert set(re.findall(r"HOTSEAT_[A-Z_]*[A-Z]", text(document))) <= read


LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?(?: +\"[^\"]*\")?\)")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """Anchors that GitHub makes of a document's headings."""
    headings = HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@EVERY_DOCUMENT
def test_every_link_to_a_file_leads_somewhere(document: str) -> None:
    here = ROOT / document
    dead = []
    for target in LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        there = (here.parent / name).resolve() if name else here
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            dead.append(target)
    assert not dead
