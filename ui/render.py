"""Transcripts and scorecards as text: JSON objects, Markdown, terminal lines. PURE: values in, text out.

The names in `played` are a contract that tools read; `CONTRACT` is its version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from agent.events import Promptedness, Request
from agent.scorecard import Scorecard
from agent.store import Entry
from agent.view import Turn, View
from knowledge.library import Library
from knowledge.schema import StageId

CONTRACT = 1
_STAMPS = {
    Promptedness.UNPROMPTED: "unprompted",
    Promptedness.PROBE: "when asked",
    Promptedness.HINT_1: "after a hint",
    Promptedness.HINT_2: "after two hints",
    Promptedness.HINT_3: "after the last hint",
}


def stamp(promptedness: Promptedness) -> str:
    """What it took to hear a point, in words."""
    return _STAMPS[promptedness]


def played(interview: str, view: View, card: Scorecard) -> dict[str, Any]:
    """One interview as a JSON object."""
    return {
        "contract": CONTRACT,
        "interview": interview,
        "setup": view.setup.model_dump(mode="json"),
        "transcript": {"turns": [_turn(turn) for turn in view.turns]},
        "scorecard": card.model_dump(mode="json"),
        "degraded": [event.model_dump(mode="json", exclude={"kind", "when"}) for event in view.degraded],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"n": turn.n, "who": turn.who, "text": turn.text, "at": round(turn.at, 2)}
    if turn.move is not None:
        names = {"kind", "stage", "point", "because"}
        row["move"] = turn.move.model_dump(mode="json", include=names)
    return row


def clock(minutes: float) -> str:
    """Virtual minutes as m:ss."""
    seconds = round(minutes * 60)
    return f"{seconds // 60}:{seconds % 60:02d}"


def verdict_line(card: Scorecard) -> str:
    """The result in one line; a range where something was left open."""
    upper = f" to {card.range.high:g}" if card.range.high > card.range.low else ""
    so_far = " (provisional)" if card.provisional else ""
    return f"{card.range.low:g}{upper} of 100, {card.verdict.value.replace('-', ' ')}{so_far} at {card.level} level"


def points_line(card: Scorecard) -> str:
    open_ = f", {len(card.not_assessed)} not assessed" if card.not_assessed else ""
    shown = f"{len(card.marks)} points shown, {card.unprompted} of them unprompted{open_}"
    return f"{shown}; a {card.level} interview looks for {card.expected}."


def markdown(interview: str, view: View, card: Scorecard, library: Library, command: str = "") -> str:
    """The whole interview with its scorecard, to keep or to print."""
    head = [
        f"# {view.problem.title}: interview {interview}",
        "",
        f"{view.setup.level} level, {view.setup.mode} mode, {view.setup.style} style, "
        f"{view.setup.minutes:g} minutes on the {view.setup.clock} clock.",
    ]
    if command:
        head += ["", "Made by:", "", f"    {command}"]
    body = [*_card(card, library), *_to_read(view, card, library), "", "## Transcript", "", *_transcript(view)]
    return "\n".join([*head, "", *body]) + "\n"


def reading(view: View, card: Scorecard, library: Library) -> tuple[str, ...]:
    """What lay behind what was asked about and not shown, notes, cases and own files, in the order it was asked."""
    shown = {mark.point for mark in card.marks}
    open_ = [turn for turn in view.turns if turn.move and turn.move.point not in shown]
    return tuple(dict.fromkeys(library.citation(passage) for turn in open_ for passage in turn.passages))


def _to_read(view: View, card: Scorecard, library: Library) -> list[str]:
    titles = reading(view, card, library)
    return ["", "### To read", "", *(f"- {title}" for title in titles)] if titles else []


def scorecard_markdown(view: View, card: Scorecard, library: Library) -> str:
    """The scorecard and what to read, without the transcript."""
    return "\n".join([*_card(card, library), *_to_read(view, card, library)])


def session_rows(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Interviews as plain rows."""
    return [
        {
            "id": entry.id,
            "problem": entry.problem,
            "level": entry.setup.level.value,
            "created": entry.created.isoformat(),
            "state": "done" if entry.ended else "open",
            "turns": entry.turns,
        }
        for entry in entries
    ]


def _card(card: Scorecard, library: Library) -> list[str]:
    lines = ["## Scorecard", "", f"**{verdict_line(card)}.** {points_line(card)}", ""]
    if card.provisional:
        lines += ["What was not assessed could change the verdict: `hotseat score` asks your model about it.", ""]
    lines += [f"- Cap: at most {cap.best.value.replace('-', ' ')}. {cap.because}" for cap in card.caps]
    lines += ["", "| dimension | 1 to 4 |", "|---|---|"]
    lines += [f"| {name.value.replace('-', ' ')} | {value:.1f} |" for name, value in card.dimensions.items()]
    lines += [
        "",
        "| stage | shown | unprompted | not assessed | looked for | minutes | planned |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {library.stages[stage].title} | {c.shown} | {c.unprompted} | {c.not_assessed} | {c.expected} | "
        f"{clock(c.minutes)} | {clock(c.planned)} |"
        for stage, c in card.coverage.items()
    ]
    lines += ["", f"Looked for: points up to {card.level} level. Points above it count as well.", ""]
    for stage in StageId:
        lines += _stage_marks(card, library, stage)
    return lines + _wrong_claims(card)


def _wrong_claims(card: Scorecard) -> list[str]:
    if not card.wrong_claims:
        return []
    lines = ["", "### Claims to check", ""]
    for one in card.wrong_claims:
        held = ", held after it was questioned" if one.held else ", questioned" if one.challenged else ""
        lines += [f"- Turn {one.turn}{held}:", f"  > {_one_line(one.quote)}", "", f"  {one.why}"]
    return lines


def _stage_marks(card: Scorecard, library: Library, stage: StageId) -> list[str]:
    lines = ["", f"### {library.stages[stage].title}", ""]
    for mark in (m for m in card.marks if m.stage is stage):
        lines += [
            f"- **{mark.statement}** {mark.depth.value}, {stamp(mark.promptedness)}, turn {mark.turn}:",
            f"  > {_one_line(mark.quote)}",
        ]
    for one in (n for n in card.not_assessed if n.stage is stage):
        lines += [f"- *Not assessed:* {one.statement} Nearest words:", f"  > {_one_line(one.quote)}"]
    lines += [f"- *Not shown:* {statement}" for statement in not_shown(card, library, stage)]
    return lines


def not_shown(card: Scorecard, library: Library, stage: StageId) -> tuple[str, ...]:
    """Statements of the points that the level looks for and the candidate did not come near."""
    met = {mark.point for mark in card.marks} | {one.point for one in card.not_assessed}
    points = library.problems[card.problem].stages[stage]
    return tuple(p.statement for p in points if p.id not in met and p.level.rank <= card.level.rank)


def _transcript(view: View) -> list[str]:
    lines: list[str] = []
    stage = None
    for turn in view.turns:
        if turn.move and turn.move.stage is not stage:
            stage = turn.move.stage
            lines += [f"### {stage.value.capitalize()}", ""]
        who = "Interviewer" if turn.who == "interviewer" else "Candidate"
        lines += [f"**{turn.n}. {who}** ({clock(turn.at)}{_tag(turn)})", ""]
        lines += [*(turn.text.strip() or "(silence)").split("\n"), ""]
    if view.degraded:
        lines += ["What failed on the way; the interview went on in the authored words, read by the local reader:", ""]
        lines += [f"- turn {event.turn}, {event.what}: {brief(event.why)}" for event in view.degraded]
    return lines


def brief(why: str) -> str:
    """The first clause of an error, without the server's address."""
    return re.sub(r" at https?://\S+", "", why).split(": ")[0]


def _tag(turn: Turn) -> str:
    if turn.move is None:
        return ""
    asked = f", asked for with {turn.request.value!r}" if turn.request else ""
    return f" · {turn.move.kind}{asked}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def status_line(view: View, library: Library) -> str:
    """Where the interview stands, for a prompt or a bar."""
    stage = library.stages[view.stage].title
    if view.setup.clock.value == "untimed":
        return f"{stage} · untimed"
    return f"{stage} · {clock(view.elapsed)} of {clock(view.setup.minutes)}"


COMMANDS = {
    "/hint": Request.HINT,
    "/repeat": Request.REPEAT,
    "/next": Request.NEXT,
    "/finish": Request.FINISH,
}
"""What a candidate can type in the terminal instead of an answer."""
