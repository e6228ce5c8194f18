"""HTML of the lobby and the interview page. PURE: values in, markup out; every text goes through `markup.text`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import shorten

from agent.events import ClockKind
from agent.settings import Settings
from agent.store import Entry
from agent.view import View
from knowledge.library import Library
from knowledge.schema import Problem, StageId
from ui.markup import one_line, text
from ui.render import clock
from ui.report.html_transcript import again

TAGLINE = "A mock interviewer for ML system design. One problem, one clock, one sharp question at a time."
_NONE_YET = '<p class="hs-empty">None yet. Pick a problem and press Start: an interview is saved with every answer.</p>'
_NOTHING_TOLD = (
    '<p class="hs-empty">Nothing yet. Ask about goals, users, numbers and limits: the answers are kept here.</p>'
)


def head(title: str, about: str = "") -> str:
    """The top of a page: the way home, its only `h1`, and what it is about in a few words."""
    note = f"<p>{text(about)}</p>" if about else ""
    return f'<header class="hs-head"><a class="hs-brand" href="./">Hotseat</a><h1>{text(title)}</h1>{note}</header>'


def lobby_head() -> str:
    return f'<header class="hs-head hs-lobby"><h1 class="hs-brand">Hotseat</h1><p>{text(TAGLINE)}</p></header>'


def missing(line: str) -> str:
    """A page for which there is no interview: one line and a way back."""
    return f'{head("Nothing here")}<p class="hs-missing">{text(line)} <a href="./">Back to the start</a></p>'


def notice(line: str) -> str:
    """One line that asks for attention; nothing for an empty one."""
    return notice_html(text(line), role="alert") if line else ""


def notice_html(markup: str, role: str = "status") -> str:
    """A notice that holds a link."""
    return f'<p class="hs-notice" role="{role}">{markup}</p>'


# --- lobby -----------------------------------------------------------------------------------------------------------


def connection(settings: Settings, warnings: Sequence[str]) -> str:
    """Whether a model is connected, and what did not come up."""
    if settings.model is None:
        state, line = (
            "off",
            (
                "No model is connected: questions are asked as they are written, and answers are read on this machine. "
                "To connect one, set HOTSEAT_MODEL and HOTSEAT_BASE_URL before starting."
            ),
        )
    else:
        state, line = "on", f"Model: {settings.model.model} at {settings.model.base_url}"
    trouble = "".join(notice_html(text(warning)) for warning in warnings)
    return f'<p class="hs-model hs-{state}"><i aria-hidden="true"></i>{text(line)}</p>{trouble}'


def summary(problem: Problem) -> str:
    """What the chosen problem is about."""
    return f'<p class="hs-summary" role="status">{text(problem.summary)}</p>'


def interviews(entries: Sequence[Entry], library: Library) -> str:
    """The list of own interviews, newest first."""
    body = f'<ul class="hs-list">{"".join(_entry(entry, library) for entry in entries)}</ul>' if entries else _NONE_YET
    return f'<section aria-label="Your interviews"><h2>Your interviews</h2>{body}</section>'


def _entry(entry: Entry, library: Library) -> str:
    problem = library.problems.get(entry.problem)
    title = problem.title if problem else entry.problem
    page, action = ("report", "Scorecard") if entry.ended else ("interview", "Go on")
    answers = entry.turns // 2
    rewind = f"rewind from turn {entry.parent.turn} · " if entry.parent else ""
    about_it = f"{rewind}{entry.setup.level} · {_when(entry.created)} · {answers} answer{'' if answers == 1 else 's'}"
    return (
        f'<li><a href="{page}?s={text(entry.id)}"><span><b>{text(title)}</b><small>{text(about_it)}</small></span>'
        f'<em class="{page}">{action}</em></a></li>'
    )


def _when(moment: datetime) -> str:
    """In the time zone of this machine. A database without time zones gives UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    local = aware.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


# --- interview -------------------------------------------------------------------------------------------------------


def stage_bar(view: View, library: Library, wall_seconds: float = 0.0) -> str:
    """The nine stages and the clock. `wall_seconds` have passed since the last turn; only a wall clock shows them."""
    stages = "".join(_stage(stage, view, library) for stage in StageId)
    return f'<div class="hs-bar"><ol class="hs-stages">{stages}</ol>{_clock(view, wall_seconds)}</div>'


def _stage(stage: StageId, view: View, library: Library) -> str:
    here = stage is view.stage and not view.ended
    state = "now" if here else "done" if stage in view.entered and stage.rank <= view.stage.rank else "open"
    current = ' aria-current="step"' if here else ""
    return f'<li class="{state}"{current}>{text(library.stages[stage].title)}</li>'


def _clock(view: View, wall_seconds: float) -> str:
    if view.setup.clock is ClockKind.UNTIMED:
        return '<p class="hs-clock"><b>no clock</b></p>'
    wall = view.setup.clock is ClockKind.WALL and not view.ended
    now = min(view.elapsed + (wall_seconds / 60 if wall else 0), view.setup.minutes)
    share = 100 * now / view.setup.minutes
    ticking = f' data-seconds="{now * 60:.0f}" data-most="{view.setup.minutes * 60:.0f}"' if wall else ""
    what = "real time" if view.setup.clock is ClockKind.WALL else "as if spoken"
    return (
        f'<p class="hs-clock"><b{ticking}>{clock(now)}</b> of {clock(view.setup.minutes)} <small>{what}</small>'
        f'<span class="hs-meter" aria-hidden="true"><i style="width:{share:.1f}%"></i></span></p>'
    )


def briefing(interview: str, view: View) -> str:
    """The brief, the facts in the words in which they were told, and the way back to an earlier answer."""
    told = [fact for fact in view.problem.facts if fact.id in view.told]
    facts = "".join(f"<dt>{text(fact.topic)}</dt><dd>{text(fact.tell)}</dd>" for fact in told)
    known = f"<dl>{facts}</dl>" if told else _NOTHING_TOLD
    return (
        f'<details class="hs-brief" open><summary>Brief</summary><p>{text(view.problem.brief)}</p></details>'
        f'<details class="hs-facts" open><summary>What you were told</summary>{known}</details>'
        f"{_answers(interview, view)}"
    )


def _answers(interview: str, view: View) -> str:
    """What was answered so far, each to be answered again; nothing before the first answer."""
    rows = "".join(
        f"<li><p>{turn.n} · {one_line(shorten(turn.text, 70)) or '<i>silence</i>'}</p>{again(interview, turn.n)}</li>"
        for turn in view.turns
        if turn.who == "candidate"
    )
    if not rows:
        return ""
    note = "<p>Opens a new interview that begins there. This one stays as it is.</p>"
    return f'<details class="hs-rewind"><summary>Go back to an answer</summary>{note}<ol>{rows}</ol></details>'


def over(interview: str) -> str:
    """What stands in place of the answer box when the interview is over."""
    return (
        '<p class="hs-over">The interview is over. '
        f'<a class="hs-button" href="report?s={text(interview)}">See your scorecard</a></p>'
    )
