"""HTML of the report. PURE: values in, markup out; every text in it goes through `markup.text`."""

from __future__ import annotations

from agent.events import Mode
from agent.scoring import Mark, NotAssessed, Scorecard, Verdict
from agent.transcript import Turn, View
from knowledge.library import Library
from knowledge.schema import StageId
from ui.radar import radar
from ui.render import clock, points_line, stamp
from ui.web.fragments import about, head, steps_down
from ui.web.markup import one_line, text

PROVISIONAL = "Provisional: what could not be assessed might change the verdict."
NOT_YET = "The scorecard is shown when the interview is over."


def readable(view: View) -> bool:
    """Whether the scorecard may be seen: at the end, or at any time in practice."""
    return view.ended or view.setup.mode is Mode.PRACTICE


def not_yet(interview: str, view: View) -> str:
    back = f'<a href="interview?s={text(interview)}">Back to the interview</a>'
    return f'{head(view.problem.title, about(view))}<p class="hs-missing">{text(NOT_YET)} {back}</p>'


def report(interview: str, view: View, card: Scorecard, library: Library, *, settling: bool) -> str:
    """The whole page below the window's edge."""
    parts = [
        head(view.problem.title, about(view)),
        _still_open(interview, view),
        '<p class="hs-notice" role="status">Your last answers are still being assessed. This page follows.</p>' if settling else "",
        _verdict(interview, card),
        _dimensions(card),
        _coverage(card, library),
        *(_stage(interview, stage, card, library) for stage in StageId),
        _transcript(view, card),
    ]
    return f'<div class="hs-report">{"".join(parts)}</div>'


def _still_open(interview: str, view: View) -> str:
    if view.ended:
        return ""
    return f'<p class="hs-notice">The interview is still open: this is how it stands. <a href="interview?s={text(interview)}">Go on</a></p>'


def _verdict(interview: str, card: Scorecard) -> str:
    words = card.verdict.value.replace("-", " ")
    upper = f" to {card.range.high:g}" if card.range.high > card.range.low else ""
    caps = "".join(f"<li>At most {text(_words(cap.best))}: {text(cap.because)}</li>" for cap in card.caps)
    downloads = "".join(
        f'<a class="hs-button quiet" href="report/{text(interview)}.{ending}" download>{label}</a>'
        for ending, label in (("md", "Markdown"), ("json", "JSON"))
    )
    return (
        f'<section class="hs-verdict" aria-label="Verdict"><div><p class="big {card.verdict.value}">{text(words)}</p>'
        f"<p>at {text(card.level)} level</p></div>"
        f'<div class="score"><p><b>{card.range.low:g}{upper}</b> of 100</p>{_range(card)}'
        f"<p>{text(points_line(card))}</p>{f'<p>{PROVISIONAL}</p>' if card.provisional else ''}"
        f"{f'<ul>{caps}</ul>' if caps else ''}</div>"
        f'<p class="downloads">{downloads}</p></section>'
    )


def _words(verdict: Verdict) -> str:
    return verdict.value.replace("-", " ")


def _range(card: Scorecard) -> str:
    """What is sure, and what the open points could add."""
    low, high = card.range.low, card.range.high
    return (
        f'<div class="hs-meter wide" role="img" aria-label="{low:g} sure, up to {high:g} if everything unclear was meant">'
        f'<i style="width:{low:g}%"></i><i class="maybe" style="width:{high - low:.1f}%"></i></div>'
    )


def _dimensions(card: Scorecard) -> str:
    named = {dimension.value.replace("-", " "): value for dimension, value in card.dimensions.items()}
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th><td class="n">{value:.2f}</td>'
        f'<td class="m"><div class="hs-meter"><i style="width:{100 * (value - 1) / 3:.0f}%"></i></div></td></tr>'
        for name, value in named.items()
    )
    return (
        '<section class="hs-dimensions"><h2>Dimensions</h2><div class="pair">'
        f"<figure>{radar(named, 'Dimensions from 1 to 4')}</figure>"
        '<table><thead><tr><th scope="col">dimension</th><th scope="col" class="n">1 to 4</th><td class="m"></td></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _coverage(card: Scorecard, library: Library) -> str:
    names = ("stage", "shown", "unprompted", "not assessed", "looked for", "minutes", "planned")
    header = "".join(f'<th scope="col"{"" if i == 0 else " class=n"}>{name}</th>' for i, name in enumerate(names))
    rows = "".join(
        f'<tr><th scope="row">{text(library.stages[stage].title)}</th><td class="n">{c.shown}</td>'
        f'<td class="n">{c.unprompted}</td><td class="n">{c.not_assessed}</td><td class="n">{c.expected}</td>'
        f'<td class="n">{clock(c.minutes)}</td><td class="n">{clock(c.planned)}</td></tr>'
        for stage, c in card.coverage.items()
    )
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<section><h2>Coverage and time</h2><div class="scroll" tabindex="0" role="group" aria-label="Coverage">{table}</div></section>'


def _stage(interview: str, stage: StageId, card: Scorecard, library: Library) -> str:
    """What was shown in one stage, each with the words that show it, and what stayed open."""
    marks = [mark for mark in card.marks if mark.stage is stage]
    open_ = [one for one in card.not_assessed if one.stage is stage]
    count = card.coverage[stage]
    title = f"<h3>{text(library.stages[stage].title)} <small>{count.shown} shown, {count.expected} looked for</small></h3>"
    body = "".join([*(_mark(interview, mark) for mark in marks), *map(_open, open_)]) or '<p class="hs-empty">Nothing was shown here.</p>'
    heading = '<h2 id="points">Points</h2>' if stage is StageId.CLARIFY else ""
    return f'{heading}<section class="hs-points">{title}{body}</section>'


def _mark(interview: str, mark: Mark) -> str:
    return (
        f'<article><p>{text(mark.statement)}</p><p class="chips"><span>{mark.depth.value}</span>'
        f'<span class="{mark.promptedness.value}">{text(stamp(mark.promptedness))}</span></p>{_quote(interview, mark)}</article>'
    )


def _open(one: NotAssessed) -> str:
    return (
        f'<article class="open"><p>{text(one.statement)}</p><p class="chips"><span class="unknown">not assessed</span></p>'
        f"<blockquote>{one_line(one.quote)}<footer>the nearest words</footer></blockquote></article>"
    )


def _quote(interview: str, mark: Mark) -> str:
    """The words, with a jump to their turn. The page has a base address, so the link names the page."""
    jump = f'<a href="report?s={text(interview)}#turn-{mark.turn}">turn {mark.turn}</a>'
    return f"<blockquote>{one_line(mark.quote)}<footer>{jump}</footer></blockquote>"


# --- transcript ------------------------------------------------------------------------------------------------------


def _transcript(view: View, card: Scorecard) -> str:
    turns = "".join(_turn(turn, [mark.quote for mark in card.marks if mark.turn == turn.n]) for turn in view.turns)
    return f'<section class="hs-transcript"><h2>Transcript</h2><ol>{turns}</ol>{steps_down(view.degraded)}</section>'


def _turn(turn: Turn, quotes: list[str]) -> str:
    who = "Interviewer" if turn.who == "interviewer" else "You"
    kind = f" · {turn.move.kind.value}" if turn.move else ""
    words = _highlighted(turn.text, quotes) if turn.text.strip() else "<i>silence</i>"
    return (
        f'<li id="turn-{turn.n}" class="{turn.who}" tabindex="-1"><p class="who">{turn.n} · {who} · {clock(turn.at)}{kind}</p>'
        f'<p class="words">{words}</p></li>'
    )


def _highlighted(words: str, quotes: list[str]) -> str:
    """The turn with what was quoted from it marked; quotes may overlap."""
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
