"""`hotseat knowledge ...` and `hotseat bench ...`: the library, a user's own files, and how well they are found."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.errors import HotseatError, UsageError
from ui.console import JsonOption, OutOption, assembled, bar, deliver, settings_home

if TYPE_CHECKING:
    from knowledge.shelf import Shelf

knowledge_app = typer.Typer(help="Check, index and search the notes.", no_args_is_help=True)
bench_app = typer.Typer(help="Measure parts of Hotseat on this machine.", no_args_is_help=True)


@knowledge_app.command("check")
def knowledge_check() -> None:
    """Check every content file; exit 1 when anything is wrong."""
    from agent.content import load_scoring
    from knowledge.library import ContentError, check

    findings = list(check())
    try:
        load_scoring()
    except ContentError as error:
        findings += error.findings
    for finding in findings:
        typer.echo(str(finding))
    if findings:
        raise typer.Exit(1)
    typer.echo("All content files are well.", err=True)


@knowledge_app.command("stats")
def knowledge_stats(as_json: JsonOption = False) -> None:
    """Count what the library holds."""
    from knowledge.library import load
    from ui.library_page import counts

    held = counts(load())
    typer.echo(json.dumps(held) if as_json else "\n".join(f"{name:10} {n}" for name, n in held.items()))


@knowledge_app.command("page")
def knowledge_page(out: OutOption = None) -> None:
    """Write the library at a glance, as Markdown."""
    from knowledge.library import load
    from ui.library_page import page

    deliver(page(load()), out)


@knowledge_app.command("build")
def knowledge_build() -> None:
    """Bring the search index up to date, on a Chroma server too."""
    finder = assembled().interviewer.finder
    if finder is not None:
        finder.warm()


@knowledge_app.command("add")
def knowledge_add(
    paths: Annotated[list[Path], typer.Argument(help="Files (.md .txt .pdf .html .docx) and folders of them.")],
) -> None:
    """Add files of your own, to be searched and cited beside ours; they stay on this machine."""
    from knowledge.shelf import Outcome, counted

    shelf = _shelf()
    with bar("Reading your files") as progress:
        reports = shelf.add(paths, progress)
    for report in reports:
        if report.why not in ("", "unchanged"):
            typer.echo(str(report), err=True)
    kept = [report for report in reports if report.outcome in (Outcome.ADDED, Outcome.RENEWED)]
    refused = sum(report.outcome is Outcome.REFUSED for report in reports)
    knowledge_build()
    pieces = sum(report.pieces for report in kept)
    typer.echo(f"{counted(len(kept), 'file')} added, {counted(pieces, 'passage')}; {counted(refused, 'path')} refused.")
    if refused:
        raise typer.Exit(1)


@knowledge_app.command("list")
def knowledge_list(as_json: JsonOption = False) -> None:
    """List your own files."""
    from knowledge.shelf import counted

    files = _shelf().files()
    if as_json:
        typer.echo(json.dumps([asdict(file) for file in files], indent=2, ensure_ascii=False))
        return
    for file in files:
        typer.echo(f"{file.id}  {file.added[:16]}  {counted(file.pieces, 'passage'):>14}  {file.path}")
    if not files:
        typer.echo("No files of yours yet. Add some with `hotseat knowledge add PATH`.", err=True)


@knowledge_app.command("remove")
def knowledge_remove(
    names: Annotated[
        list[str], typer.Argument(help="Ids, paths or file names, as `hotseat knowledge list` shows them.")
    ],
) -> None:
    """Remove files of yours from the index, and every trace of them; the files themselves stay."""
    removed, unknown = _shelf().remove(names)
    for file in removed:
        typer.echo(f"{file.path}: removed")
    if removed:
        knowledge_build()
    if unknown:
        raise HotseatError(f"Not among your files: {', '.join(unknown)}. `hotseat knowledge list` shows them.")


@knowledge_app.command("search")
def knowledge_search(
    words: Annotated[list[str], typer.Argument(help="What you would say.")],
    problem: Annotated[str | None, typer.Option(help="Prefer what serves this problem.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=50)] = 5,
    as_json: JsonOption = False,
) -> None:
    """Search the notes, the cases and your own files."""
    query = " ".join(words).strip()
    if not query:
        raise UsageError("There is nothing to search for: give some words.")
    interviewer = assembled().interviewer
    if problem is not None:
        interviewer.problem(problem)
    finder = interviewer.finder
    hits = finder.passages(query, problem=problem, limit=limit) if finder else []
    rows = [
        {"id": h.passage.id, "title": h.passage.citation, "score": round(h.score, 4), "text": h.passage.text}
        for h in hits
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['score']:.3f}  {row['id']}  {row['title']}")


def _shelf() -> Shelf:
    from knowledge.shelf import Shelf
    from ui.assembly import shelf_folder

    return Shelf(shelf_folder(settings_home()))


@bench_app.command("retrieval")
def bench_retrieval(
    large: Annotated[bool, typer.Option("--large/--no-large", help="Also 100,000 made-up passages.")] = True,
    public: Annotated[
        bool, typer.Option("--public/--no-public", help="Also public collections, downloaded once.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Measure search: what it finds, against words or meaning alone, and how fast. Some minutes."""
    from contextlib import ExitStack

    from evals.retrieval.bench import run, tables
    from knowledge.library import load
    from ui.assembly import quiet_environment

    quiet_environment()
    with ExitStack() as bars:
        bench = run(load(), settings_home(), lambda name: bars.enter_context(bar(name)), large=large, public=public)
    typer.echo(json.dumps(bench.row(), indent=2) if as_json else tables(bench))
