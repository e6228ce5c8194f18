"""Prompts as data: one Markdown file each, variables declared in its front matter, rendered by strict Jinja.

A prompt's content hash is recorded with every reply that it led to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined, meta

ROOT = Path(__file__).parent
_environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)


@dataclass(frozen=True)
class Prompt:
    """One prompt file. `hash` is the first twelve hex digits of the SHA-256 of the whole file."""

    name: str
    variables: frozenset[str]
    template: str
    hash: str

    def render(self, **values: str | int) -> str:
        """The text. Raises TypeError when the values are not exactly the declared variables."""
        if values.keys() != self.variables:
            raise TypeError(f"prompt {self.name!r} takes {sorted(self.variables)}, got {sorted(values)}")
        return _environment.from_string(self.template).render(**values)


@lru_cache
def load(name: str) -> Prompt:
    """The prompt `prompts/<name>.md`. Raises ValueError when its variables and its text disagree."""
    return parse(name, (ROOT / f"{name}.md").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Prompt:
    _, head, body = text.split("---\n", 2)
    declared = frozenset(yaml.safe_load(head)["variables"] or ())
    used = meta.find_undeclared_variables(_environment.parse(body))
    if used != declared:
        raise ValueError(f"prompt {name!r} declares {sorted(declared)} and uses {sorted(used)}")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Prompt(name=name, variables=declared, template=body.strip(), hash=digest)
