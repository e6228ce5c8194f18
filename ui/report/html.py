"""The report as HTML, on the page and in a file. PURE: values in, markup out; every text goes through `markup.text`.

A section is a function from the report to markup; an empty one is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.events import Source
from agent.scorecard import Coverage, Mark, NotAssessed, Scorecard, WrongClaim
from knowledge.schema import StageId
from ui.markup import text
from ui.radar import radar
from ui.render import clock
from ui.report import html_pieces as piece
from ui.report.contents import (
    Earned,
    Report,
    credit_note,
    earned,
    heard_in,
    likely_line,
    nearest,
    not_shown,
    objective_line,
    open_line,
    points_line,
    range_words,
    reading,
    spelled,
    stamp,
    verdict_words,
)
from ui.report.html_difference import before_and_after
from ui.report.html_review import board, contradictions, curveballs, levels, moments, plan, rewrites, self_views
from ui.report.html_transcript import transcript
from ui.report.plots import Bar, bars
from ui.report.reviewed import stamps

Section = Callable[[Report], str]
_COVERAGE = ("stage", "shown", "unprompted", "not assessed", "looked for", "minutes", "planned")
_EARNED = ("unprompted", "when asked", "after hints")


def sections(report: Report) -> str:
    """Everything below the head."""
    return "".join(section(report) for section in SECTIONS)


# --- the result ------------------------------------------------------------------------------------------------------


def _verdict(report: Report) -> str:
    card = report.card
    rows = [objective_line(report), *(f"At most {spelled(cap.best)}: {cap.because}" for cap in card.caps)]
    facts = "".join(f"<li>{text(row)}</li>" for row in rows)
    words = text(verdict_words(card.verdict, card.best))
    verdict = f'<p class="big {card.verdict.value}">{words}</p><p>at {card.level} level</p>'
    score = [
        f"<p><b>{range_words(card.range)}</b> of 100</p>{_range(card)}<p>{text(points_line(card))}</p>",
        f"<p>{text(likely_line(card))}</p>" if card.provisional else "",
        _open_points(report),
        f"<ul>{facts}</ul>",
    ]
    return (
        f'<section class="hs-verdict" aria-label="Verdict"><div>{verdict}</div>'
        f'<div class="score">{"".join(score)}</div></section>'
    )


def _open_points(report: Report) -> str:
    line = open_line(report)
    if not line:
        return ""
    words, command = line
    rest = f": <code>{text(command)}</code> with one connected." if command else "."
    return f"<p>{text(words)}{rest}</p>"


def _range(card: Scorecard) -> str:
    """A bar of what is sure, and of what the open points could add."""
    low, high = card.range.low, card.range.high
    label = f"{low:g} sure, up to {high:g} if everything unclear was meant"
    parts = f'<i style="width:{low:g}%"></i><i class="maybe" style="width:{high - low:.1f}%"></i>'
    return f'<div class="hs-meter wide" role="img" aria-label="{label}">{parts}</div>'


def _dimensions(report: Report) -> str:
    named = {spelled(dimension): value for dimension, value in report.card.dimensions.items()}
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th><td class="n">{value:.2f}</td><td class="m"><div class="hs-meter">'
        f'<i style="width:{100 * (value - 1) / 3:.0f}%"></i></div></td></tr>'
        for name, value in named.items()
    )
    header = '<th scope="col">dimension</th><th scope="col" class="n">1 to 4</th><td></td>'
    return piece.pair("Dimensions", radar(named, "Dimensions from 1 to 4"), piece.table(header, rows))


def _promptedness(report: Report) -> str:
    level = report.card.level
    drawn = [
        Bar(
            spelled(one.dimension),
            (one.unprompted, one.asked, one.hinted),
            one.bar,
            f"{one.total:.1f} of {one.bar:.1f}",
        )
        for one in earned(report)
    ]
    names = ("dimension", *_EARNED, f"{level} bar")
    table = piece.table(piece.header(names), "".join(_earned_row(one) for one in earned(report)))
    legend = piece.legend(*_EARNED, mark=f"{level} bar")
    plot = bars(drawn, "Credit by what it took to hear it") + legend
    return piece.pair("Promptedness", plot, table, note=f"{stamps(report)} {credit_note(report)}")


def _earned_row(one: Earned) -> str:
    figures = (one.unprompted, one.asked, one.hinted, one.bar)
    return piece.row(spelled(one.dimension), *(f"{figure:.1f}" for figure in figures))


def _coverage(report: Report) -> str:
    title = {stage: report.library.stages[stage].title for stage in StageId}
    drawn = [
        Bar(title[stage], (row.minutes,), row.planned, f"{clock(row.minutes)} of {clock(row.planned)}")
        for stage, row in report.card.coverage.items()
    ]
    rows = "".join(_coverage_row(title[stage], row) for stage, row in report.card.coverage.items())
    table = piece.table(piece.header(_COVERAGE), rows)
    plot = bars(drawn, "Minutes per stage") + piece.legend("minutes", mark="planned")
    note = f"Looked for: points up to {report.card.level} level. Points above it count as well."
    return piece.pair("Coverage and time", plot, table, note=note)


def _coverage_row(stage: str, row: Coverage) -> str:
    counts = (row.shown, row.unprompted, row.not_assessed, row.expected, clock(row.minutes), clock(row.planned))
    return piece.row(stage, *counts)


# --- the points ------------------------------------------------------------------------------------------------------


def _points(report: Report) -> str:
    return "<h2>Points</h2>" + "".join(_stage(report, stage) for stage in StageId)


def _stage(report: Report, stage: StageId) -> str:
    """What was shown in one stage, each with the words that show it, and what stayed open."""
    marks = [_mark(report, mark) for mark in report.card.marks if mark.stage is stage]
    open_ = [_open(report, one) for one in report.card.not_assessed if one.stage is stage]
    row = report.card.coverage[stage]
    count = f"<small>{row.shown} shown, {row.expected} looked for</small>"
    missed = [_missed(statement) for statement in not_shown(report, stage)]
    body = "".join([*marks, *open_, *missed])
    return f'<section class="hs-points"><h3>{text(report.library.stages[stage].title)} {count}</h3>{body}</section>'


def _mark(report: Report, mark: Mark) -> str:
    chips = piece.chip(mark.depth.value) + piece.chip(stamp(mark.promptedness), mark.promptedness.value)
    chips += _drawn(mark.source)
    quote = piece.quote(mark.quote, piece.jump(report, mark.turn))
    return f"<article><p>{text(mark.statement)}</p>{piece.chips(chips)}{quote}</article>"


def _open(report: Report, one: NotAssessed) -> str:
    chips = piece.chip("not assessed", "unknown")
    quote = piece.quote(one.quote, f"{nearest(one)}, {piece.jump(report, heard_in(report, one))}")
    return f'<article class="open"><p>{text(one.statement)}</p>{piece.chips(chips)}{quote}</article>'


def _drawn(source: Source) -> str:
    return piece.chip("drawn") if source == "board" else ""


def _missed(statement: str) -> str:
    return f'<article class="open"><p>{text(statement)}</p>{piece.chips(piece.chip("not shown", "unknown"))}</article>'


def _wrong_claims(report: Report) -> str:
    """Misconceptions that were stated, with why each is one."""
    rows = "".join(_wrong_claim(report, one) for one in report.card.wrong_claims)
    return f'<section class="hs-points"><h3>Claims to check</h3>{rows}</section>' if rows else ""


def _wrong_claim(report: Report, one: WrongClaim) -> str:
    chip = "held when questioned" if one.held else "questioned" if one.challenged else "stated"
    quote = piece.quote(one.quote, piece.jump(report, one.turn))
    return f"<article><p>{text(one.why)}</p>{piece.chips(piece.chip(chip))}{quote}</article>"


def _to_read(report: Report) -> str:
    """The notes behind what was asked about and not shown."""
    rows = "".join(f"<li>{piece.linked(title)}</li>" for title in reading(report))
    return f'<section class="hs-points"><h3>More to read</h3><ul>{rows}</ul></section>' if rows else ""


SECTIONS: tuple[Section, ...] = (
    _verdict,
    before_and_after,
    levels,
    _promptedness,
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
    transcript,
)
