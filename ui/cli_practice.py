"""`hotseat drill` and `hotseat progress`: what comes back until it is known, and where a candidate stands."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.errors import UsageError
from ui.console import JsonOption, assembled

if TYPE_CHECKING:
    from agent.attempts import Attempts
    from agent.drills import Attempt, Drill
    from agent.interviewer import Interviewer
    from agent.weak import Past
    from knowledge.library import Library
    from ui.practice import Practice

practice_app = typer.Typer()
OWNER = "local"
CONTRACT = 1
"""Version of the names in the JSON of `hotseat drill`."""


@practice_app.command()
def drill(
    concept: Annotated[list[str] | None, typer.Argument(help="A note by id, title or alias. Default: all.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100, help="Drills of this session; at most 5 are new.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Answer short questions on your weak points and on concepts; each comes back before it is forgotten."""
    from agent.drills import session
    from agent.progress import review_due
    from agent.recall import due_dates
    from agent.weak import weak_points

    desk = _desk()
    note = _note(desk.library, " ".join(concept)) if concept else None
    drills = session(desk.library, weak_points(desk.past), due_dates(desk.log), _now(), count, note)
    practice = _practice(desk, aside=as_json)
    if drills:
        practice.run(drills)
    if as_json:
        typer.echo(json.dumps(_session_row(practice, drills), indent=2, ensure_ascii=False))
        return
    if not drills:
        typer.echo("Nothing is due. `hotseat drill CONCEPT` asks about a note ahead of its date.", err=True)
    if review_due(desk.past, desk.log, desk.read, _now()):
        typer.echo("Your weekly review is due: `hotseat progress --week`.", err=True)


@practice_app.command()
def progress(
    week: Annotated[bool, typer.Option("--week", help="The weekly review: seven days against those before.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show how you do over all interviews: dimensions, what came unprompted, what keeps being missed, drills."""
    desk = _desk()
    if week:
        _week(desk, as_json=as_json)
    else:
        _progress(desk, as_json=as_json)


@dataclass(frozen=True)
class _Desk:
    """What the candidate did so far."""

    interviewer: Interviewer
    attempts: Attempts
    past: list[Past]
    log: list[Attempt]
    read: datetime | None

    @property
    def library(self) -> Library:
        return self.interviewer.library


def _desk() -> _Desk:
    from agent.attempts import Attempts
    from agent.past import past_interviews

    interviewer = assembled(index=False).interviewer
    attempts = Attempts(interviewer.store)
    past, lines = past_interviews(interviewer, OWNER)
    for line in lines:
        typer.echo(line, err=True)
    return _Desk(interviewer, attempts, past, attempts.of(OWNER), attempts.review_read(OWNER))


def _now() -> datetime:
    return datetime.now().astimezone()


# --- drill -----------------------------------------------------------------------------------------------------------


def _note(library: Library, name: str) -> str:
    """Id of the one note of that name. Raises UsageError with near names."""
    from agent.drills import notes_named, notes_near

    found = notes_named(library, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name!r} is in several notes: {', '.join(found)}. Choose one.")
    raise UsageError(f"There is no note {name!r}. Near it: {', '.join(notes_near(library, name))}.")


def _practice(desk: _Desk, *, aside: bool) -> Practice:
    """With `aside` the conversation goes to stderr: stdout is for the JSON."""
    from ui.assembly import reader_of
    from ui.console import settings_home
    from ui.practice import Practice

    warnings: list[str] = []
    reader = reader_of(settings_home(), warnings)
    for line in warnings:
        typer.echo(line, err=True)
    return Practice(
        library=desk.library,
        reader=reader,
        attempts=desk.attempts,
        owner=OWNER,
        now=_now,
        ask=_ask_aside if aside else _ask,
        say=_say_aside if aside else _say,
    )


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _say_aside(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _ask(prompt: str) -> str:
    if sys.stdin is None:
        raise EOFError
    return input(prompt)


def _ask_aside(prompt: str) -> str:
    _say_aside(prompt)
    return _ask("")


def _session_row(practice: Practice, drills: tuple[Drill, ...]) -> dict[str, Any]:
    from agent.recall import due_dates

    by_id, done = {drill.id: drill for drill in drills}, {attempt.drill for attempt in practice.done}
    dates = due_dates(practice.attempts.of(practice.owner))
    return {
        "contract": CONTRACT,
        "attempts": [_attempt_row(by_id[a.drill], a, practice.library, dates) for a in practice.done],
        "left": [{"drill": d.id, "about": d.about, "question": d.question} for d in drills if d.id not in done],
    }


def _attempt_row(drill: Drill, attempt: Attempt, library: Library, dates: dict[str, datetime]) -> dict[str, Any]:
    from agent.drills import marked

    marks = [] if attempt.by == "skipped" else marked(drill, attempt.cells)
    return {
        "drill": drill.id,
        "question": drill.question,
        "answer": attempt.answer,
        "rating": attempt.rating,
        "by": attempt.by,
        "expected": [{"statement": m.statement, "state": m.state, "quote": m.quote} for m in marks],
        "good": drill.good,
        "read": [library.title(document) for document in drill.reading],
        "due": dates[drill.id].isoformat() if drill.id in dates else None,
    }


# --- progress --------------------------------------------------------------------------------------------------------


def _progress(desk: _Desk, *, as_json: bool) -> None:
    from agent.drills import pending
    from agent.progress import progress, review_due
    from agent.recall import due_dates
    from agent.weak import weak_points
    from ui.progress import progress_text

    now = _now()
    due, new = pending(desk.library, weak_points(desk.past), due_dates(desk.log), now)
    shown = progress(desk.past, due=due, new=new, review_due=review_due(desk.past, desk.log, desk.read, now))
    typer.echo(shown.model_dump_json(indent=2) if as_json else progress_text(shown).rstrip("\n"))
    if not desk.past:
        _say_how_to_begin(desk)


def _say_how_to_begin(desk: _Desk) -> None:
    open_ = len(desk.interviewer.store.entries(OWNER))
    typer.echo(
        f"No interview is over yet; {open_} of yours can go on: `hotseat sessions`."
        if open_
        else "No interviews yet. Start one with `hotseat` or `hotseat chat --problem ID`.",
        err=True,
    )


def _week(desk: _Desk, *, as_json: bool) -> None:
    from agent.progress import week
    from ui.progress import week_text

    now = _now()
    review = week(desk.past, desk.log, desk.library, desk.interviewer.scoring.dimensions, desk.read, now)
    if as_json:
        typer.echo(review.model_dump_json(indent=2))
        return
    if not desk.past and not desk.log:
        _say_how_to_begin(desk)
        return
    typer.echo(week_text(review, desk.library).rstrip("\n"))
    desk.attempts.mark_review_read(OWNER, now)  # a script that asks for JSON has read nothing
