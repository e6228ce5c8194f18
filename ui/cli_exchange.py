"""The commands that take interviews out of Hotseat and into it. Thin, like `ui/cli.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.console import assembled, deliver
from ui.report.format import Format, format_of

exchange_app = typer.Typer()


@exchange_app.command()
def export(
    interview: str,
    out: Annotated[Path | None, typer.Option(help="File to write: .md, .json or .html. Default: stdout.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="Format on stdout. Default: md.")] = None,
    command: Annotated[str, typer.Option(help="Noted in .md and .html as what made the interview.")] = "",
) -> None:
    """Export an interview with its scorecard: to read (.md), to print (.html), to import elsewhere (.json)."""
    from ui.report.exporting import exported, gathered

    chosen = format_of(out, form)
    deliver(exported(gathered(assembled(index=False).interviewer, interview, command=command), chosen), out)


@exchange_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What `hotseat export ID --out FILE.json` wrote.")],
) -> None:
    """Import an exported interview; it can be read, scored and gone on with like your own."""
    from ui.imports import read_file, take_in

    archive = read_file(file)
    taken = take_in(archive, assembled(index=False).interviewer)
    typer.echo(taken.interview)
    typer.echo("Imported." if taken.new else "It is already here.", err=True)
    if taken.changed:
        typer.echo("Its problem has changed since it was held: its scorecard may differ from the file's.", err=True)
