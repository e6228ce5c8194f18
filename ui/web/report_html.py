"""HTML of the report. PURE: values in, markup out; every text in it goes through `markup.text`."""

from __future__ import annotations

from collections.abc import Iterable

from agent.events import Mode
from agent.scorecard import Coverage, Mark, NotAssessed, Scorecard, Verdict
from agent.view import Turn, View
from knowledge.library import Library
from knowledge.schema import StageId
from ui.radar import radar
from ui.render import clock, not_shown, points_line, reading, stamp
from ui.web.fragments import about, head, notice_html, steps_down
from ui.web.markup import one_line, text

NOT_YET = "The scorecard is shown when the interview is over."
_SETTLING = "Your last answers are still being assessed. This page follows."
_PROVISIONAL = "Provisional: what could not be assessed might change the verdict."
_COVERAGE = ("stage", "shown", "unprompted", "not assessed", "looked for", "minutes", "planned")


def readable(view: View) -> bool:
    """Whether the scorecard may be seen: at the end, or at any time in practice."""
    return view.ended or view.setup.mode is Mode.PRACTICE


def not_yet(interview: str, view: View) -> str:
    back = f'<a href="interview?s={text(interview)}">Back to the interview</a>'
    return f'{head(view.problem.title, about(view))}<p class="hs-missing">{text(NOT_YET)} {back}</p>'


def report(interview: str, view: View, card: Scorecard, library: Library, *, settling: bool) -> str:
    """The whole page."""
    go_on = f'The interview is still open: this is how it stands. <a href="interview?s={text(interview)}">Go on</a>'
    parts = [
        head(view.problem.title, about(view)),
        "" if view.ended else notice_html(go_on),
        notice_html(text(_SETTLING)) if settling else "",
        _verdict(interview, card),
        _dimensions(card),
        _coverage(card, library),
        "<h2>Points</h2>",
        *(_stage(interview, stage, card, library) for stage in StageId),
        _wrong_claims(interview, card),
        _to_read(view, card, library),
        _transcript(view, card),
    ]
    return f'<div class="hs-report">{"".join(parts)}</div>'


# --- the result ------------------------------------------------------------------------------------------------------


def _verdict(interview: str, card: Scorecard) -> str:
    upper = f" to {card.range.high:g}" if card.range.high > card.range.low else ""
    caps = "".join(f"<li>At most {text(_words(cap.best))}: {text(cap.because)}</li>" for cap in card.caps)
    verdict = f'<p class="big {card.verdict.value}">{text(_words(card.verdict))}</p><p>at {card.level} level</p>'
    score = [
        f"<p><b>{card.range.low:g}{upper}</b> of 100</p>{_range(card)}<p>{text(points_line(card))}</p>",
        f"<p>{_PROVISIONAL}</p>" if card.provisional else "",
        f"<ul>{caps}</ul>" if caps else "",
    ]
    downloads = _download(interview, "md", "Markdown") + _download(interview, "json", "JSON")
    return (
        f'<section class="hs-verdict" aria-label="Verdict"><div>{verdict}</div>'
        f'<div class="score">{"".join(score)}</div><p class="downloads">{downloads}</p></section>'
    )


def _words(verdict: Verdict) -> str:
    return verdict.value.replace("-", " ")


def _download(interview: str, ending: str, label: str) -> str:
    return f'<a class="hs-button quiet" href="report/{text(interview)}.{ending}" download>{label}</a>'


def _range(card: Scorecard) -> str:
    """A bar of what is sure, and of what the open points could add."""
    low, high = card.range.low, card.range.high
    label = f"{low:g} sure, up to {high:g} if everything unclear was meant"
    bars = f'<i style="width:{low:g}%"></i><i class="maybe" style="width:{high - low:.1f}%"></i>'
    return f'<div class="hs-meter wide" role="img" aria-label="{label}">{bars}</div>'


def _dimensions(card: Scorecard) -> str:
    named = {dimension.value.replace("-", " "): value for dimension, value in card.dimensions.items()}
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th><td class="n">{value:.2f}</td><td class="m"><div class="hs-meter">'
        f'<i style="width:{100 * (value - 1) / 3:.0f}%"></i></div></td></tr>'
        for name, value in named.items()
    )
    header = '<th scope="col">dimension</th><th scope="col" class="n">1 to 4</th><td></td>'
    return (
        '<section class="hs-dimensions"><h2>Dimensions</h2><div class="pair">'
        f"<figure>{radar(named, 'Dimensions from 1 to 4')}</figure>{_table(header, rows)}</div></section>"
    )


def _coverage(card: Scorecard, library: Library) -> str:
    header = "".join(f'<th scope="col" class="{"n" if i else ""}">{name}</th>' for i, name in enumerate(_COVERAGE))
    rows = "".join(_coverage_row(library.stages[stage].title, row) for stage, row in card.coverage.items())
    scroll = f'<div class="scroll" tabindex="0" role="group" aria-label="Coverage">{_table(header, rows)}</div>'
    return f"<section><h2>Coverage and time</h2>{scroll}</section>"


def _coverage_row(stage: str, row: Coverage) -> str:
    counts = (row.shown, row.unprompted, row.not_assessed, row.expected, clock(row.minutes), clock(row.planned))
    cells = "".join(f'<td class="n">{count}</td>' for count in counts)
    return f'<tr><th scope="row">{text(stage)}</th>{cells}</tr>'


def _table(header: str, rows: str) -> str:
    return f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"


# --- the points ------------------------------------------------------------------------------------------------------


def _stage(interview: str, stage: StageId, card: Scorecard, library: Library) -> str:
    """What was shown in one stage, each with the words that show it, and what stayed open."""
    marks = [_mark(interview, mark) for mark in card.marks if mark.stage is stage]
    open_ = [_open(one) for one in card.not_assessed if one.stage is stage]
    row = card.coverage[stage]
    count = f"<small>{row.shown} shown, {row.expected} looked for</small>"
    missed = [_missed(statement) for statement in not_shown(card, library, stage)]
    body = "".join([*marks, *open_, *missed])
    return f'<section class="hs-points"><h3>{text(library.stages[stage].title)} {count}</h3>{body}</section>'


def _mark(interview: str, mark: Mark) -> str:
    chips = _chip(mark.depth.value) + _chip(stamp(mark.promptedness), mark.promptedness.value)
    # the page has a base address, so a link into it names the page
    jump = f'<a href="report?s={text(interview)}#turn-{mark.turn}">turn {mark.turn}</a>'
    return f"<article><p>{text(mark.statement)}</p>{_chips(chips)}{_quote(mark.quote, jump)}</article>"


def _open(one: NotAssessed) -> str:
    chips = _chip("not assessed", "unknown")
    quote = _quote(one.quote, "the nearest words")
    return f'<article class="open"><p>{text(one.statement)}</p>{_chips(chips)}{quote}</article>'


def _missed(statement: str) -> str:
    return f'<article class="open"><p>{text(statement)}</p>{_chips(_chip("not shown", "unknown"))}</article>'


def _wrong_claims(interview: str, card: Scorecard) -> str:
    """Misconceptions that were stated, with why each is one."""
    rows = []
    for one in card.wrong_claims:
        chip = "held when questioned" if one.held else "questioned" if one.challenged else "stated"
        jump = f'<a href="report?s={text(interview)}#turn-{one.turn}">turn {one.turn}</a>'
        rows.append(f"<article><p>{text(one.why)}</p>{_chips(_chip(chip))}{_quote(one.quote, jump)}</article>")
    return f'<section class="hs-points"><h3>Claims to check</h3>{"".join(rows)}</section>' if rows else ""


def _to_read(view: View, card: Scorecard, library: Library) -> str:
    """The notes behind what was asked about and not shown."""
    rows = "".join(f"<li>{text(title)}</li>" for title in reading(view, card, library))
    return f'<section class="hs-points"><h3>To read</h3><ul>{rows}</ul></section>' if rows else ""


def _chip(words: str, kind: str = "") -> str:
    return f'<span class="{kind}">{text(words)}</span>'


def _chips(chips: str) -> str:
    return f'<p class="chips">{chips}</p>'


def _quote(words: str, footer: str) -> str:
    return f"<blockquote>{one_line(words)}<footer>{footer}</footer></blockquote>"


# --- the transcript --------------------------------------------------------------------------------------------------


def _transcript(view: View, card: Scorecard) -> str:
    turns = "".join(_turn(turn, (mark.quote for mark in card.marks if mark.turn == turn.n)) for turn in view.turns)
    return f'<section class="hs-transcript"><h2>Transcript</h2><ol>{turns}</ol>{steps_down(view.degraded)}</section>'


def _turn(turn: Turn, quotes: Iterable[str]) -> str:
    who = "Interviewer" if turn.who == "interviewer" else "You"
    kind = f" · {turn.move.kind.value}" if turn.move else ""
    words = highlighted(turn.text, quotes) if turn.text.strip() else "<i>silence</i>"
    return (
        f'<li id="turn-{turn.n}" class="{turn.who}" tabindex="-1">'
        f'<p class="who">{turn.n} · {who} · {clock(turn.at)}{kind}</p><p class="words">{words}</p></li>'
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
