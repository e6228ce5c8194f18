"""The transcript as HTML: every turn with an anchor, and in it what was quoted. PURE: values in, markup out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.events import Degraded
from agent.view import Turn
from ui.markup import text
from ui.render import clock
from ui.report.contents import Report

_STEPS_DOWN = {
    "reply": "the model did not answer, so the question was asked as it is written",
    "assessment": "the model could not assess an answer; what it left open is shown as not assessed",
    "retrieval": "the notes could not be searched",
    "reader": "an answer could not be read by the local reader",
}
_ONCE = "return Date.now() - (this.dataset.at || 0) > 2000 && !!(this.dataset.at = Date.now())"
"""Two clicks are one rewind. By time, because a page that is gone back to still remembers its first click."""


def transcript(report: Report) -> str:
    marks, turns = report.card.marks, report.view.turns
    rows = "".join(_turn(report, turn, (mark.quote for mark in marks if mark.turn == turn.n)) for turn in turns)
    without = steps_down(report.view.degraded)
    return f'<section class="hs-transcript"><h2>Transcript</h2><ol>{rows}</ol>{without}</section>'


def _turn(report: Report, turn: Turn, quotes: Iterable[str]) -> str:
    who = turn.who.capitalize()
    kind = f" · {turn.move.kind.value}" if turn.move else ""
    words = highlighted(turn.text, quotes) if turn.text.strip() else "<i>silence</i>"
    button = again(report.interview, turn.n) if report.page and turn.who == "candidate" else ""
    return (
        f'<li id="turn-{turn.n}" class="{turn.who}" tabindex="-1">'
        f'<p class="who">{turn.n} · {who} · {clock(turn.at)}{kind}</p><p class="words">{words}</p>{button}</li>'
    )


def again(interview: str, turn: int) -> str:
    """A button of the pages that makes a rewind. A form, because a browser that looks ahead would follow a link."""
    return (
        f'<form class="hs-again" method="post" action="rewind/{text(interview)}/{turn}" onsubmit="{_ONCE}">'
        f'<button aria-label="Answer turn {turn} again from here">Answer again from here</button></form>'
    )


def highlighted(words: str, quotes: Iterable[str]) -> str:
    """A turn with what was quoted from it marked; quotes may overlap."""
    quoted = [False] * len(words)
    for quote in filter(None, quotes):
        at = words.find(quote)
        if at >= 0:
            quoted[at : at + len(quote)] = [True] * len(quote)
    pieces: list[str] = []
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or quoted[end] != quoted[start]:
            piece = text(words[start:end])
            pieces.append(f"<mark>{piece}</mark>" if quoted[start] else piece)
            start = end
    return "".join(pieces)


def steps_down(degraded: Sequence[Degraded]) -> str:
    """The discreet mark: what had to be done without. Empty when nothing had."""
    if not degraded:
        return ""
    items = "".join(
        f"<li>Turn {one.turn}: {_STEPS_DOWN[one.what]} <small>({text(one.why)})</small></li>" for one in degraded
    )
    return f'<details class="hs-degraded"><summary>Done without: {len(degraded)}</summary><ul>{items}</ul></details>'
