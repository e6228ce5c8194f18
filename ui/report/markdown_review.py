"""Sections of the Markdown report that say what the marks mean and what to do next. PURE: values in, lines out.

A section with nothing to say has no lines.
"""

from __future__ import annotations

from agent.board import lines as board_lines
from agent.review import Contradiction, CurveballMark, Moment, Rewrite, SelfView, Task
from ui.report.contents import Report, spelled
from ui.report.markdown_words import one_line
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
    stamps,
    statements,
    task_name,
)


def levels(report: Report) -> list[str]:
    """Which level this would have been."""
    rows = " · ".join(f"{name}: {verdict}" for name, verdict in at_levels(report))
    return ["### Level", "", f"**{rows}.** {levelled(report)}"]


def promptedness(report: Report) -> list[str]:
    return ["### Promptedness", "", stamps(report)]


def moments(report: Report) -> list[str]:
    return _section("Decisive moments", [_moment(report, one) for one in report.review.moments])


def _moment(report: Report, one: Moment) -> list[str]:
    what = " ".join(statements(report, one.points))
    return [f"- **Turn {one.turn}, {moment_kind(one)}.** {what}", _quote(one.quote)]


def contradictions(report: Report) -> list[str]:
    return _section("Contradictions", [_contradiction(one) for one in report.review.contradictions])


def _contradiction(one: Contradiction) -> list[str]:
    words = one_line(one.sum) or "These two do not go together"
    head = f"- **{words}** ({put(one.asked)}). Turn {one.earlier_turn}, then turn {one.later_turn}:"
    return [head, _quote(one.earlier), "", _quote(one.later)]


def curveballs(report: Report) -> list[str]:
    return _section("Changed constraints", [_curveball(report, one) for one in report.review.curveballs])


def _curveball(report: Report, one: CurveballMark) -> list[str]:
    """The change, then each line of a good answer with what was heard of it."""
    lines = [f"- **{one.change}** Turn {one.turn}."]
    for line, quote in one.shown:
        lines += [f"  - Heard, turn {answer_of(report, one, quote)}: {line}", f"    > {one_line(quote)}"]
    lines += [f"  - *Not assessed:* {line}" for line in one.open]
    return lines + [f"  - *Not heard:* {line}" for line in one.missing]


def self_views(report: Report) -> list[str]:
    """How the candidate saw it against the score."""
    return _section("How you saw it", [_self_view(report, one) for one in report.review.self_views])


def _self_view(report: Report, one: SelfView) -> list[str]:
    return [f"- **{spelled(one.dimension)}:** {saw(one)} Turn {self_turn(report, one)}:", _quote(one.quote)]


def rewrites(report: Report) -> list[str]:
    return _section("Better answers", [_rewrite(report, one) for one in report.review.rewrites])


def _rewrite(report: Report, one: Rewrite) -> list[str]:
    lines = [f"- **{one_line(one.question)}** Turn {one.turn}:", _quote(one.quote), ""]
    lines += [f"  - *{name}:* {one_line(answer)}" for name, answer in better(one)]
    titles = sources(report, one.sources)
    return [*lines, f"  - *From:* {one_line('; '.join(titles))}"] if titles else lines


def plan(report: Report) -> list[str]:
    return _section("What to do next", [_task(report, one) for one in report.review.plan])


def _task(report: Report, one: Task) -> list[str]:
    lines = [f"- **{task_name(one)}**", *(f"  - {what}" for what in statements(report, one.points))]
    lines += [f"  - Read: {one_line(title)}" for title in sources(report, one.reading)]
    command = drill(report, one)
    return [*lines, f"  - Then drill: `{command}`"] if command else lines


def board(report: Report) -> list[str]:
    """The board as it stood at the end, in the lines that marks quote."""
    return _section("Board", [[f"- {one_line(line)}"] for line in board_lines(report.view.board)])


def _section(title: str, items: list[list[str]]) -> list[str]:
    return [f"### {title}", "", *(line for item in items for line in item)] if items else []


def _quote(words: str) -> str:
    return f"  > {one_line(words)}"
