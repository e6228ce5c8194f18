"""The formats of an export, by the endings of file names. Light: the command's help imports it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from agent.errors import UsageError


class Format(StrEnum):
    """By the ending of the file's name."""

    MARKDOWN = "md"
    JSON = "json"
    HTML = "html"


def format_of(out: Path | None, asked: Format | None) -> Format:
    """The file's name decides; without a file what was asked for, or Markdown. Raises UsageError."""
    if out is None:
        return asked or Format.MARKDOWN
    ending = out.suffix.lower().removeprefix(".")
    if ending not in set(Format):
        raise UsageError(f"{out} cannot be written: its name must end in .md, .json or .html, which is its format.")
    if asked not in {None, ending}:
        raise UsageError(f"{out} cannot be written as {asked}: the ending of its name is its format.")
    return Format(ending)
