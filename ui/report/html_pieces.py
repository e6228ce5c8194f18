"""The pieces that sections of the HTML report are made of. PURE: values in, markup out.

What is passed as text is escaped here; `plot`, `table`, `rows`, `header`, `chips` and `footer` are markup already.
"""

from __future__ import annotations

import re

from ui.markup import one_line, text
from ui.report.contents import Report


def pair(title: str, plot: str, table: str, note: str = "") -> str:
    """A plot beside the table of its numbers."""
    scroll = f'<div class="scroll" tabindex="0" role="group" aria-label="{title}">{table}</div>'
    below = f'<p class="note">{text(note)}</p>' if note else ""
    return (
        f'<section class="hs-plot"><h2>{title}</h2>'
        f'<div class="pair"><figure>{plot}</figure>{scroll}</div>{below}</section>'
    )


def legend(*parts: str, mark: str) -> str:
    keys = "".join(f'<span><i class="part-{number}"></i>{part}</span>' for number, part in enumerate(parts))
    return f'<figcaption class="hs-legend">{keys}<span><i class="mark"></i>{text(mark)}</span></figcaption>'


def table(header: str, rows: str) -> str:
    return f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"


def header(names: tuple[str, ...]) -> str:
    return "".join(f'<th scope="col" class="{"n" if i else ""}">{text(name)}</th>' for i, name in enumerate(names))


def row(name: str, *figures: object) -> str:
    cells = "".join(f'<td class="n">{figure}</td>' for figure in figures)
    return f'<tr><th scope="row">{text(name)}</th>{cells}</tr>'


def jump(report: Report, turn: int) -> str:
    """A link to a turn. The page has a base address, so a link into it names the page."""
    return f'<a href="{text(report.page)}#turn-{turn}">turn {turn}</a>'


def linked(title: str) -> str:
    """A title whose address, where it ends with one, can be opened."""
    words, _, address = title.rpartition(": ")
    if not re.fullmatch(r"https://\S+", address):
        return text(title)
    return f'{text(words)}: <a href="{text(address)}" rel="noreferrer">{text(address)}</a>'


def chip(words: str, kind: str = "") -> str:
    return f'<span class="{kind}">{text(words)}</span>'


def chips(chips: str) -> str:
    return f'<p class="chips">{chips}</p>'


def quote(words: str, footer: str) -> str:
    return f"<blockquote>{one_line(words)}<footer>{footer}</footer></blockquote>"
