"""The `hotseat` command. Thin: parses arguments, calls, prints. Heavy packages are imported where they are needed."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=False, add_completion=False)
knowledge_app = typer.Typer(help="Check, index and search the knowledge library.")
app.add_typer(knowledge_app, name="knowledge")


@app.callback(invoke_without_command=True)
def root() -> None:
    """A mock interviewer for machine learning system design interviews."""


@knowledge_app.command("check")
def knowledge_check() -> None:
    """Check every content file; exit 1 when anything is wrong."""
    from knowledge.library import check

    findings = check()
    for finding in findings:
        typer.echo(str(finding))
    if findings:
        raise typer.Exit(1)
    typer.echo("knowledge: all files are well.", err=True)


def main() -> None:
    app()
