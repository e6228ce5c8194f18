"""Bars as an SVG of its own. PURE: values in, markup out.

Like the radar: no script, no font, no colour of its own; the style sheet gives them. Put a table of the same numbers
next to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.markup import text

WIDTH = 460
_ROW = 25
_LEFT, _RIGHT = 168, 92
"""Room for the label before the bar and for the words behind it."""
LEAST = 1e-6
"""What the longest bar is taken for where there is next to nothing to draw."""


@dataclass(frozen=True)
class Bar:
    """Parts that add up, and a mark to reach or to keep to; all in one unit, none negative."""

    label: str
    parts: tuple[float, ...]
    mark: float
    words: str


def bars(rows: Sequence[Bar], title: str) -> str:
    """One row per bar, all on one scale. The parts of a bar have the classes `part-0`, `part-1` and so on."""
    most = max([LEAST, *(max(sum(row.parts), row.mark) for row in rows)])
    scale = (WIDTH - _LEFT - _RIGHT) / most
    drawn = "".join(_row(row, place * _ROW, scale) for place, row in enumerate(rows))
    summary = text(f"{title}: " + ", ".join(f"{row.label} {row.words}" for row in rows))
    height = _ROW * len(rows)
    return f'<svg class="hs-bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{summary}">{drawn}</svg>'


def _row(row: Bar, top: float, scale: float) -> str:
    middle = top + _ROW / 2 + 4
    track = f'<rect class="track" x="{_LEFT}" y="{top + 6:g}" width="{WIDTH - _LEFT - _RIGHT}" height="13"/>'
    at, parts = float(_LEFT), ""
    for number, part in enumerate(row.parts):
        parts += f'<rect class="part-{number}" x="{at:.1f}" y="{top + 6:g}" width="{part * scale:.1f}" height="13"/>'
        at += part * scale
    x = _LEFT + row.mark * scale
    mark = f'<line class="mark" x1="{x:.1f}" y1="{top + 3:g}" x2="{x:.1f}" y2="{top + 22:g}"/>'
    label = f'<text x="{_LEFT - 10}" y="{middle:g}" text-anchor="end">{text(row.label)}</text>'
    words = f'<text x="{WIDTH - _RIGHT + 10}" y="{middle:g}">{text(row.words)}</text>'
    return label + track + parts + mark + words
