"""The `hotseat` command. Thin: parses arguments, calls, prints. Heavy packages are imported where they are needed.

Results go to stdout, progress and notices to stderr. Exit codes: 0 fine, 1 a check failed, 2 wrong usage or set-up.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.errors import HotseatError
from agent.events import ClockKind, Mode, Setup, Style
from knowledge.errors import KnowledgeError
from knowledge.schema import Level
from ui.cli_exchange import exchange_app
from ui.cli_knowledge import bench_app, knowledge_app
from ui.cli_practice import practice_app
from ui.console import JsonOption, assembled, bar, settings_home

if TYPE_CHECKING:
    pass

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
problems_app = typer.Typer(help="List the problems; draft and check your own.")
model_app = typer.Typer(help="Get and serve a local model; calibrate any.", no_args_is_help=True)
app.add_typer(exchange_app)
app.add_typer(bench_app, name="bench")
app.add_typer(problems_app, name="problems")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(model_app, name="model")
app.add_typer(practice_app)

ProblemOption = Annotated[str, typer.Option("--problem", help="A problem id; `hotseat problems` lists them.")]
LevelOption = Annotated[Level, typer.Option(help="Target level.")]
ModeOption = Annotated[Mode, typer.Option(help="interview is strict; practice gives a third hint.")]
StyleOption = Annotated[Style, typer.Option(help="hands-off lets you drive; driver asks more.")]
MinutesOption = Annotated[float, typer.Option(min=10, max=120, help="Length in virtual minutes.")]
ClockOption = Annotated[ClockKind, typer.Option(help="speech charges words, wall real time, untimed nothing.")]


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """A mock interviewer for machine learning system design interviews. Without a command: the web page."""
    if context.invoked_subcommand is None:
        web()


@app.command()
def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Open the web page."""
    from ui.web.server import listen, serve

    listener = listen(host, port)
    serve(assembled(), listener, browser=browser)


@problems_app.callback(invoke_without_command=True)
def problems(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the problems, yours among them; draft and check your own."""
    if context.invoked_subcommand is not None:
        return
    from ui.assembly import library_of

    library, warnings = library_of(settings_home())
    for line in warnings:
        typer.echo(line, err=True)
    rows = [{"id": p.id, "title": p.title, "summary": p.summary} for p in library.problems.values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['id']:28} {row['summary']}")


@problems_app.command("new")
def problems_new(
    source: Annotated[
        Path, typer.Option("--from", help="A job description, a post, notes: .md .txt .pdf .html .docx.")
    ],
    name: Annotated[str | None, typer.Option("--id", help="Id and file name of the problem.")] = None,
    then: Annotated[bool, typer.Option("--play/--no-play", help="Start the interview at once.")] = True,
) -> None:
    """Draft a problem of your own from a document, check it, and be interviewed on it."""
    from ui.drafts import drafted

    with bar("Drafting") as progress:
        made = asyncio.run(drafted(source, assembled(), name, progress))
    typer.echo(f"Written to {made.path}. Taken over:", err=True)
    for line in made.taken or ("nothing; all of it is the template",):
        typer.echo(f"  {line}", err=True)
    for finding in made.findings:
        typer.echo(str(finding), err=True)
    _say_generic(made.generic)
    typer.echo(f"Edit it, check it with `hotseat problems check {made.path}`.", err=True)
    typer.echo(made.id)
    if then:
        chat(made.id)


@problems_app.command("check")
def problems_check(file: Annotated[Path, typer.Argument(help="A problem of yours, a YAML file.")]) -> None:
    """Check one problem file wherever it lies; exit 1 when anything is wrong."""
    from agent.drafting import generic_facts
    from knowledge.library import check_file, load, read_template

    problem, findings = check_file(file.absolute(), load())
    for finding in findings:
        typer.echo(str(finding))
    if problem is not None:
        _say_generic(generic_facts(problem, read_template()))
    if findings:
        raise typer.Exit(1)
    typer.echo(f"{file} is well.", err=True)


def _say_generic(facts: tuple[str, ...]) -> None:
    if facts:
        typer.echo(f"Facts that still say what the template says: {', '.join(facts)}. Edit each `tell`.", err=True)


@app.command()
def chat(
    problem: ProblemOption,
    level: LevelOption = Level.SENIOR,
    mode: ModeOption = Mode.INTERVIEW,
    style: StyleOption = Style.HANDS_OFF,
    minutes: MinutesOption = 45,
    clock: ClockOption = ClockKind.SPEECH,
) -> None:
    """Be interviewed in the terminal."""
    from ui.chat import converse

    setup = Setup(problem=problem, level=level, mode=mode, style=style, minutes=minutes, clock=clock)
    asyncio.run(converse(assembled(problem=problem).interviewer, setup=setup))


@app.command()
def resume(interview: Annotated[str, typer.Argument(help="Id, as `hotseat sessions` shows it.")]) -> None:
    """Go on with an interview in the terminal."""
    from agent.store import Store
    from agent.transcript import setup_of
    from ui.chat import converse

    setup = setup_of(Store(settings_home()).events(interview))
    asyncio.run(converse(assembled(problem=setup.problem).interviewer, interview=interview))


@app.command()
def rewind(
    interview: Annotated[str, typer.Argument(help="Id, as `hotseat sessions` shows it.")],
    turn: Annotated[int, typer.Argument(help="Number of the turn to answer again, as the report shows it.")],
) -> None:
    """Answer again from any turn, as a new interview; the one before stays as it is."""
    resume(assembled(index=False).interviewer.rewind(interview, turn))


@app.command()
def sessions(as_json: JsonOption = False) -> None:
    """List your interviews, newest first."""
    from agent.store import Store
    from ui.render import rewind_line, session_rows

    entries, unreadable = Store(settings_home()).listing("local")
    rows = session_rows(entries)
    for line in unreadable:
        typer.echo(line, err=True)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        line = f"{row['id']}  {row['created'][:16]}  {row['problem']:28} {row['state']:8} {row['turns']} turns"
        typer.echo(f"{line}  {rewind_line(row['rewind_of'], row['from_turn'])}" if row["rewind_of"] else line)
    if not rows:
        typer.echo("No interviews yet. Start one with `hotseat` or `hotseat chat --problem ID`.", err=True)


@app.command()
def play(
    problem: ProblemOption,
    candidate: Annotated[Path, typer.Option(help="YAML file with `turns:`, a list of texts.")],
    level: LevelOption = Level.SENIOR,
    mode: ModeOption = Mode.INTERVIEW,
    style: StyleOption = Style.HANDS_OFF,
    minutes: MinutesOption = 45,
    as_json: JsonOption = False,
) -> None:
    """Play the interview against a scripted candidate."""
    from ui.play import play as run
    from ui.play import read_candidate

    script = read_candidate(candidate)
    setup = Setup(problem=problem, level=level, mode=mode, style=style, minutes=minutes)
    interviewer = assembled(problem=problem).interviewer

    async def to_the_end() -> str:
        interview = ""
        async for interview in run(interviewer, setup, script):
            _progress_line(f"turn {len(interviewer.view(interview).turns)}")
        return interview

    _report(interviewer, asyncio.run(to_the_end()), as_json=as_json)


@app.command()
def score(interview: str, as_json: JsonOption = False) -> None:
    """Print the scorecard of an interview; a model, where there is one, first settles what is open."""
    from agent.comparison import settle
    from ui.render import scored
    from ui.report.exporting import gathered
    from ui.report.markdown import scorecard_markdown

    interviewer = assembled(index=False).interviewer
    asyncio.run(settle(interviewer, interview))
    report = gathered(interviewer, interview)
    if as_json:
        typer.echo(json.dumps(scored(report.card, report.comparison), indent=2, ensure_ascii=False))
    else:
        typer.echo(scorecard_markdown(report), nl=False)


@model_app.command("pull")
def model_pull(
    from_file: Annotated[Path | None, typer.Option(help="Take the weights from a file that you have.")] = None,
) -> None:
    """Download the weights of the local model (1.1 GB), verified by SHA-256."""
    from agent.models import local

    with bar("Getting the model") as progress:
        path = local.pull(settings_home() / "models", progress, environ=os.environ, from_file=from_file)
    typer.echo(str(path))


@model_app.command("serve")
def model_serve(port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8077) -> None:
    """Serve the local model on loopback until Ctrl-C, and print the variables that connect Hotseat to it."""
    from agent.models import local
    from agent.models.weights import QWEN

    with local.serve(settings_home() / "models" / QWEN.file, port=port) as server:
        typer.echo(f"export HOTSEAT_MODEL={server.model}")
        typer.echo(f"export HOTSEAT_BASE_URL={server.base_url}")
        typer.echo(f"export HOTSEAT_API_KEY={server.api_key.get_secret_value()}")
        typer.echo("Serving until Ctrl-C. Paste these lines into another terminal, then run `hotseat`.", err=True)
        while server.running:
            time.sleep(0.5)
        raise HotseatError(f"The model's server stopped: {server.last_words() or 'it left no message'}")


@model_app.command("calibrate")
def model_calibrate(
    items: Annotated[int, typer.Option(min=20, max=200, help="Questions that the model is asked.")] = 60,
    as_json: JsonOption = False,
) -> None:
    """Measure once how far the configured model's votes on points can be trusted, and keep the result."""
    from ui.calibrate import calibrated, told

    with bar("Asking the model") as progress:
        found = asyncio.run(calibrated(os.environ, items, progress))
    typer.echo(found.model_dump_json(indent=2) if as_json else told(found))


# --- shared ----------------------------------------------------------------------------------------------------------


def _progress_line(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()


def _report(interviewer: object, interview: str, *, as_json: bool) -> None:
    from agent.interviewer import Interviewer
    from ui.render import played
    from ui.report.exporting import gathered
    from ui.report.markdown import markdown

    assert isinstance(interviewer, Interviewer)
    _progress_line("")
    report = gathered(interviewer, interview)
    if as_json:
        typer.echo(json.dumps(played(interview, report.view, report.card), ensure_ascii=False))
    else:
        typer.echo(markdown(report), nl=False)


def _any_terminal() -> None:
    """What a terminal cannot show or should not have sent is replaced by a question mark, not a traceback."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """Entry point: every user error is one line and exit code 2; SIGTERM ends like Ctrl-C, so that servers stop too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _any_terminal()
    try:
        app(standalone_mode=True)
    except (HotseatError, KnowledgeError) as error:
        typer.echo(f"hotseat: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
