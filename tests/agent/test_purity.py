"""Who may import whom: the packages point one way, what calls itself PURE stays so, Gradio stays in its folder."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RANK = {"prompts": 0, "knowledge": 0, "agent": 1, "evals": 2, "ui": 3}
"""Imports go from a higher rank to a lower one, or stay in the package."""
PURE = re.compile(r"\bPURE\b|\bValues (and protocols )?only\b|\bArithmetic only\b")
CORE = (
    "board clash claims clock coverage drawing events handwaving inbound judgement ledger mermaid outbound phrasing "
    "policy pushing reply review rewind scoring transcript trying"
)
MUST_BE_PURE = {f"agent.{name}" for name in CORE.split()} | {"knowledge.cues", "knowledge.schema"}
REACHES_OUT = set(
    "asyncio concurrent ctypes fcntl getpass glob http importlib io logging mmap multiprocessing os pathlib pickle "
    "platform queue random sched secrets select shutil signal socket sqlite3 ssl subprocess sys tempfile threading "
    "time uuid webbrowser".split()
)
HARMLESS = (set(sys.stdlib_module_names) - REACHES_OUT) | {"numpy", "pydantic", "snowballstemmer", "text_to_num"}
VALUES_ELSEWHERE = {
    "agent.crossencoder.OUTPUTS",
    "agent.crossencoder.Pair",
    "agent.settings.Settings",
    "agent.store.Entry",
    "knowledge.library.Finding",
    "knowledge.library.Library",
    "prompts.Prompt",
}
"""Frozen values that are defined beside the I/O that makes them."""
WORLD = {"open", "print", "input", "exec", "eval", "now", "today", "utcnow"}
"""Calls that reach outside: files, terminals, the machine's clock."""


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module(path): path for package in RANK for path in sorted((ROOT / package).rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imported(name: str) -> Iterator[str]:
    """Everything that a module imports, at any depth: `package.module` or `package.module.name`."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(target: str) -> str:
    return target.partition(".")[0]


def home(target: str) -> str:
    """The module of our own that `target` names or lies in; else its package of the world."""
    found = next((m for m in (target, target.rpartition(".")[0]) if m in FILES), "")
    return found or top(target)


def pure_modules() -> set[str]:
    return {name for name, tree in TREES.items() if PURE.search(ast.get_docstring(tree) or "")}


def test_the_core_calls_itself_pure() -> None:
    assert MUST_BE_PURE - pure_modules() == set()


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_go_one_way(name: str) -> None:
    package = top(name)
    for target in imported(name):
        other = top(target)
        assert other != "tests", f"{name} imports {target}"
        assert other not in RANK or other == package or RANK[other] < RANK[package], f"{name} imports {target}"


@pytest.mark.parametrize("name", sorted(pure_modules()))
def test_what_calls_itself_pure_imports_only_what_is(name: str) -> None:
    for target in imported(name):
        ours = home(target)
        if ours in FILES:
            assert ours in pure_modules() or target in VALUES_ELSEWHERE, f"{name} imports {target}"
        else:
            assert ours in HARMLESS, f"{name} imports {target}"


@pytest.mark.parametrize("name", sorted(pure_modules()))
def test_what_calls_itself_pure_touches_no_file_and_no_clock(name: str) -> None:
    called = [node.func for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]
    names = {c.id for c in called if isinstance(c, ast.Name)} | {c.attr for c in called if isinstance(c, ast.Attribute)}
    assert names & WORLD == set()


@pytest.mark.parametrize("name", sorted(name for name in FILES if not f"{name}.".startswith("ui.web.")))
def test_nothing_but_the_web_pages_imports_gradio(name: str) -> None:
    assert "gradio" not in {top(target) for target in imported(name)}


def test_a_prompt_is_written_in_a_file_and_not_in_the_core() -> None:
    """Prompts are data: the only text for models in code is the fence around a note."""
    for name in MUST_BE_PURE:
        texts = [n.value for n in ast.walk(TREES[name]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        assert not [text for text in texts if text.startswith("You are ")], name
