"""The report as Markdown, to keep and to read in a terminal. PURE: values in, text out.

A section is a function from the report to lines; one without lines is left out. What people and models said keeps its
own Markdown, but opens no HTML, no picture and no heading of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.inbound import clean
from agent.view import Turn
from knowledge.schema import StageId
from ui.render import clock
from ui.report.contents import (
    Report,
    about,
    began,
    credit_note,
    earned,
    heard_in,
    how,
    likely_line,
    nearest,
    not_shown,
    objective_line,
    open_line,
    points_line,
    range_words,
    reading,
    spelled,
    verdict_words,
)
from ui.report.markdown_difference import before_and_after
from ui.report.markdown_review import (
    board,
    contradictions,
    curveballs,
    levels,
    moments,
    plan,
    promptedness,
    rewrites,
    self_views,
)
from ui.report.markdown_words import harmless, one_line

Section = Callable[[Report], list[str]]


def markdown(report: Report) -> str:
    """The whole interview with its scorecard, to keep or to print."""
    return _joined(report, (_head, *SCORECARD, _transcript, _done_without))


def scorecard_markdown(report: Report) -> str:
    """The scorecard and what to read, without the transcript."""
    return _joined(report, SCORECARD)


def _joined(report: Report, sections: tuple[Section, ...]) -> str:
    """Cleaned as answers are: an imported file or a model may hold codes that a terminal would obey."""
    bodies = ["\n".join(lines) for section in sections if (lines := section(report))]
    return clean("\n\n".join(bodies)) + "\n"


# --- sections --------------------------------------------------------------------------------------------------------


def _head(report: Report) -> list[str]:
    title = f"# {report.view.problem.title}: interview {report.interview}"
    made = ["", "Made by:", "", f"    {report.command}"] if report.command else []
    return [title, "", f"{one_line(about(report.view))} · {began(report)}", *made]


def _result(report: Report) -> list[str]:
    card = report.card
    verdict = f"**{range_words(card.range)} of 100, {verdict_words(card.verdict, card.best)} at {card.level} level.**"
    lines = ["## Scorecard", "", f"{verdict} {points_line(card)}"]
    lines += ["", likely_line(card)] if card.provisional else []
    if line := open_line(report):
        words, command = line
        lines += ["", f"{words}: `{command}` with one connected." if command else f"{words}."]
    caps = (f"- Cap: at most {spelled(cap.best)}. {cap.because}" for cap in card.caps)
    return [*lines, "", f"- {objective_line(report)}", *caps]


def _dimensions(report: Report) -> list[str]:
    rows = [
        f"| {spelled(one.dimension)} | {report.card.dimensions[one.dimension]:.1f} | {one.unprompted:.1f} | "
        f"{one.asked:.1f} | {one.hinted:.1f} | {one.bar:.1f} |"
        for one in earned(report)
    ]
    return [
        "### Dimensions",
        "",
        f"| dimension | 1 to 4 | unprompted | when asked | after hints | {report.card.level} bar |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        credit_note(report),
    ]


def _coverage(report: Report) -> list[str]:
    rows = [
        f"| {report.library.stages[stage].title} | {c.shown} | {c.unprompted} | {c.not_assessed} | {c.expected} | "
        f"{clock(c.minutes)} | {clock(c.planned)} |"
        for stage, c in report.card.coverage.items()
    ]
    return [
        "### Coverage and time",
        "",
        "| stage | shown | unprompted | not assessed | looked for | minutes | planned |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Looked for: points up to {report.card.level} level. Points above it count as well.",
    ]


def _points(report: Report) -> list[str]:
    lines = ["### Points"]
    for stage in StageId:
        lines += ["", f"#### {report.library.stages[stage].title}", "", *_stage(report, stage)]
    return lines


def _stage(report: Report, stage: StageId) -> list[str]:
    lines: list[str] = []
    for mark in (m for m in report.card.marks if m.stage is stage):
        lines += [f"- **{mark.statement}** {how(mark)}, turn {mark.turn}:", f"  > {one_line(mark.quote)}"]
    for one in (n for n in report.card.not_assessed if n.stage is stage):
        lines += [
            f"- *Not assessed:* {one.statement} {nearest(one).capitalize()}, turn {heard_in(report, one)}:",
            f"  > {one_line(one.quote)}",
        ]
    return lines + [f"- *Not shown:* {statement}" for statement in not_shown(report, stage)]


def _wrong_claims(report: Report) -> list[str]:
    lines: list[str] = []
    for one in report.card.wrong_claims:
        held = ", held after it was questioned" if one.held else ", questioned" if one.challenged else ""
        lines += ["", f"- Turn {one.turn}{held}:", f"  > {one_line(one.quote)}", "", f"  {one.why}"]
    return ["### Claims to check", *lines] if lines else []


def _to_read(report: Report) -> list[str]:
    titles = reading(report)
    return ["### More to read", "", *(f"- {one_line(title)}" for title in titles)] if titles else []


SCORECARD: tuple[Section, ...] = (
    _result,
    before_and_after,
    levels,
    promptedness,
    moments,
    contradictions,
    curveballs,
    self_views,
    rewrites,
    plan,
    _dimensions,
    _coverage,
    _points,
    _wrong_claims,
    _to_read,
    board,
)


def _transcript(report: Report) -> list[str]:
    lines = ["## Transcript"]
    stage = None
    for turn in report.view.turns:
        if turn.move and turn.move.stage is not stage:
            stage = turn.move.stage
            lines += ["", f"### {report.library.stages[stage].title}"]
        lines += ["", *_turn(turn)]
    return lines


def _turn(turn: Turn) -> list[str]:
    """The candidate's words stand in a quotation: whatever Markdown is in them ends with it."""
    words = harmless(turn.text.strip() or "(silence)").split("\n")
    if turn.who == "interviewer":
        return [f"**{turn.n}. Interviewer** ({clock(turn.at)}{_tag(turn)})", "", *words]
    return [f"**{turn.n}. Candidate** ({clock(turn.at)})", "", *(f"> {line}".rstrip() for line in words)]


def _tag(turn: Turn) -> str:
    if turn.move is None:
        return ""
    asked = f", asked for with {turn.request.value!r}" if turn.request else ""
    return f" · {turn.move.kind}{asked}"


def _done_without(report: Report) -> list[str]:
    rows = [f"- turn {event.turn}, {event.what}: {one_line(brief(event.why))}" for event in report.view.degraded]
    why = "What failed on the way; the interview went on in the authored words, read by the local reader:"
    return [why, "", *rows] if rows else []


# --- words -----------------------------------------------------------------------------------------------------------


def brief(why: str) -> str:
    """The first clause of an error, without the server's address."""
    return re.sub(r" at https?://\S+", "", why).split(": ")[0]
