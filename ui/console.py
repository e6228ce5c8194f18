"""What the commands share: options, a prepared interviewer, progress bars, results. I/O."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.errors import HotseatError
from agent.settings import read_settings

if TYPE_CHECKING:
    from ui.assembly import Assembly

OutOption = Annotated[Path | None, typer.Option(help="File to write. Default: stdout.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def deliver(text: str, out: Path | None) -> None:
    """Prints, or writes to a file. Raises HotseatError."""
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HotseatError(f"{out} cannot be written: {error.strerror}.") from None
    typer.echo(f"Written to {out}.", err=True)


def settings_home() -> Path:
    """The data folder."""
    return read_settings(os.environ).home


def assembled(*, index: bool = True, problem: str | None = None) -> Assembly:
    """An interviewer, made ready with a progress bar; warnings go to stderr. Raises HotseatError, KnowledgeError."""
    from ui.assembly import assemble

    with bar("Preparing the notes") as progress:
        assembly = assemble(progress=progress, index=index, problem=problem)
    for warning in assembly.warnings:
        typer.echo(warning, err=True)
    return assembly


class Bar:
    """A progress bar on stderr that appears with the first step and not before."""

    def __init__(self, label: str):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn(label), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        slow = 300.0  # seconds over which pace is measured: a local model may take half a minute for one step
        self._bar = Progress(*columns, console=Console(stderr=True), speed_estimate_period=slow)
        self._task: object = None
        self._total = 0

    def __call__(self, done: int, total: int) -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        self._total = total
        self._bar.update(self._task, completed=done, total=total)  # type: ignore[arg-type]

    def close(self) -> None:
        """Full, also when less was to do than was announced."""
        if self._task is not None:
            self._bar.update(self._task, completed=self._total)  # type: ignore[arg-type]
            self._bar.stop()


@contextmanager
def bar(label: str) -> Iterator[Bar]:
    """A progress bar for a piece of work."""
    shown = Bar(label)
    try:
        yield shown
    finally:
        shown.close()
