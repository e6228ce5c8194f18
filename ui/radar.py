"""A radar chart of a scorecard's dimensions, as an SVG of its own. PURE: values in, markup out.

No script, no font, no colour of its own: it takes `currentColor` and two classes from where it is put. Put a table of
the same numbers next to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

SIZE = (420, 320)
_RADIUS = 104.0
_LOW, _HIGH = 1.0, 4.0


def radar(values: Mapping[str, float], title: str) -> str:
    """`values` per axis from 1 to 4, drawn from the top clockwise."""
    names = list(values)
    rings = "".join(_polygon([level] * len(names), "ring") for level in (2.0, 3.0, 4.0))
    spokes = "".join(_spoke(i, len(names)) for i in range(len(names)))
    labels = "".join(_label(name, i, len(names)) for i, name in enumerate(names))
    summary = escape(f"{title}: " + ", ".join(f"{name} {value:g}" for name, value in values.items()))
    return (
        f'<svg class="hs-radar" viewBox="0 0 {SIZE[0]} {SIZE[1]}" role="img" aria-label="{summary}">'
        f"{rings}{spokes}{_polygon(list(values.values()), 'shape')}{_dots(list(values.values()))}{labels}</svg>"
    )


def _at(axis: int, axes: int, value: float) -> tuple[float, float]:
    """Where a value lies; 1 lies a little off the centre, so that an empty card still shows a shape."""
    share = 0.06 + 0.94 * (value - _LOW) / (_HIGH - _LOW)
    angle = 2 * math.pi * axis / axes - math.pi / 2
    return SIZE[0] / 2 + _RADIUS * share * math.cos(angle), SIZE[1] / 2 + _RADIUS * share * math.sin(angle)


def _polygon(values: list[float], kind: str) -> str:
    points = " ".join("{:.1f},{:.1f}".format(*_at(i, len(values), value)) for i, value in enumerate(values))
    return f'<polygon class="{kind}" points="{points}"/>'


def _spoke(axis: int, axes: int) -> str:
    x, y = _at(axis, axes, _HIGH)
    return f'<line class="ring" x1="{SIZE[0] / 2:g}" y1="{SIZE[1] / 2:g}" x2="{x:.1f}" y2="{y:.1f}"/>'


def _dots(values: list[float]) -> str:
    places = (_at(i, len(values), value) for i, value in enumerate(values))
    return "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)


def _label(name: str, axis: int, axes: int) -> str:
    """Outside of the outer ring, anchored away from it; long names take two lines."""
    x, y = _at(axis, axes, _HIGH + 0.4)
    middle = SIZE[0] / 2
    anchor = "middle" if abs(x - middle) < 12 else "start" if x > middle else "end"
    lines = _broken(name)
    lift = 13.0 * (len(lines) - 1) * (1 if y < SIZE[1] / 2 - _RADIUS else 0.5)
    first = y + 4 - lift
    spans = "".join(
        f'<tspan x="{x:.1f}" y="{first + 13 * i:.1f}">{escape(line)}</tspan>' for i, line in enumerate(lines)
    )
    return f'<text text-anchor="{anchor}">{spans}</text>'


def _broken(name: str) -> list[str]:
    """At most two lines, broken at the blank nearest to the middle."""
    blanks = [i for i, c in enumerate(name) if c == " "]
    if len(name) <= 12 or not blanks:
        return [name]
    at = min(blanks, key=lambda i: abs(i - len(name) / 2))
    return [name[:at], name[at + 1 :]]
