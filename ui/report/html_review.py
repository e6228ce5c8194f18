"""Sections of the HTML report that say what the marks mean and what to do next. PURE: values in, markup out.

Every text goes through `markup.text`; a section with nothing to say is empty.
"""

from __future__ import annotations

from agent.board import lines
from agent.review import Contradiction, CurveballMark, Moment, Rewrite, SelfView, Task
from ui.markup import text
from ui.report import html_pieces as piece
from ui.report.contents import Report, spelled
from ui.report.reviewed import (
    answer_of,
    at_levels,
    better,
    drill,
    levelled,
    moment_kind,
    put,
    saw,
    self_turn,
    sources,
    statements,
    task_name,
)


def levels(report: Report) -> str:
    """Which level this would have been."""
    rows = "".join(f"<li><b>{text(name)}</b> {text(verdict)}</li>" for name, verdict in at_levels(report))
    return _section("Level", f'<ul class="levels">{rows}</ul><p class="note">{text(levelled(report))}</p>')


def moments(report: Report) -> str:
    return _section("Decisive moments", "".join(_moment(report, one) for one in report.review.moments))


def _moment(report: Report, one: Moment) -> str:
    chips = piece.chips(piece.chip(moment_kind(one), "unprompted" if one.kind == "earned" else ""))
    return _article(_listed(statements(report, one.points)), chips, _said(report, one.quote, one.turn))


def contradictions(report: Report) -> str:
    found = report.review.contradictions
    return _section("Contradictions", "".join(_contradiction(report, one) for one in found))


def _contradiction(report: Report, one: Contradiction) -> str:
    both = _said(report, one.earlier, one.earlier_turn) + _said(report, one.later, one.later_turn)
    words = one.sum or "These two do not go together."
    return _article(f"<p>{text(words)}</p>", piece.chips(piece.chip(put(one.asked))), both)


def curveballs(report: Report) -> str:
    return _section("Changed constraints", "".join(_curveball(report, one) for one in report.review.curveballs))


def _curveball(report: Report, one: CurveballMark) -> str:
    """The change, then each line of a good answer with what was heard of it."""
    head = f"<p><b>{text(one.change)}</b> {piece.jump(report, one.turn)}</p>"
    heard = [
        _line(line, "heard", _said(report, quote, answer_of(report, one, quote)), kind="unprompted")
        for line, quote in one.shown
    ]
    open_ = [_line(line, "not assessed", kind="unknown") for line in one.open]
    missing = [_line(line, "not heard", kind="unknown") for line in one.missing]
    return head + "".join([*heard, *open_, *missing])


def _line(line: str, state: str, quote: str = "", *, kind: str) -> str:
    return _article(f"<p>{text(line)}</p>", piece.chips(piece.chip(state, kind)), quote)


def self_views(report: Report) -> str:
    """How the candidate saw it against the score."""
    return _section("How you saw it", "".join(_self_view(report, one) for one in report.review.self_views))


def _self_view(report: Report, one: SelfView) -> str:
    quote = _said(report, one.quote, self_turn(report, one))
    return _article(f"<p><b>{text(spelled(one.dimension))}</b> {text(saw(one))}</p>", "", quote)


def rewrites(report: Report) -> str:
    return _section("Better answers", "".join(_rewrite(report, one) for one in report.review.rewrites))


def _rewrite(report: Report, one: Rewrite) -> str:
    answers = "".join(f"<dt>{text(name)}</dt><dd>{text(answer)}</dd>" for name, answer in better(one))
    titles = "".join(f"<li>{piece.linked(title)}</li>" for title in sources(report, one.sources))
    read = f"<dt>From</dt><dd><ul>{titles}</ul></dd>" if titles else ""
    asked = f"<p><b>{text(one.question)}</b></p>"
    return _article(asked, "", f'{_said(report, one.quote, one.turn)}<dl class="better">{answers}{read}</dl>')


def plan(report: Report) -> str:
    tasks = "".join(_task(report, one) for one in report.review.plan)
    return _section("What to do next", f'<ol class="plan">{tasks}</ol>' if tasks else "")


def _task(report: Report, one: Task) -> str:
    read = "".join(f"<li>{piece.linked(title)}</li>" for title in sources(report, one.reading))
    command = drill(report, one)
    parts = [
        f"<p><b>{text(task_name(one))}</b></p>{_listed(statements(report, one.points))}",
        f"<p>Read:</p><ul>{read}</ul>" if read else "",
        f"<p>Then drill: <code>{text(command)}</code></p>" if command else "",
    ]
    return f"<li>{''.join(parts)}</li>"


def board(report: Report) -> str:
    """The board as it stood at the end, in the lines that marks quote."""
    return _section("Board", _listed(list(lines(report.view.board))))


def _section(title: str, body: str) -> str:
    return f'<section class="hs-points hs-review"><h2>{title}</h2>{body}</section>' if body else ""


def _article(head: str, chips: str, rest: str) -> str:
    return f"<article><div>{head}</div>{chips}{rest}</article>"


def _listed(items: list[str]) -> str:
    if len(items) < 2:
        return "".join(f"<p>{text(item)}</p>" for item in items)
    return f"<ul>{''.join(f'<li>{text(item)}</li>' for item in items)}</ul>"


def _said(report: Report, quote: str, turn: int) -> str:
    return piece.quote(quote, piece.jump(report, turn))
