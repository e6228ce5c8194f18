"""Where two entries of a candidate's ledger cannot both hold, or leave very little. PURE.

Reports only what arithmetic or exclusion decides, with the arithmetic in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.ledger import ANY, SECONDS_A_DAY, Entry, Kind


class ConflictKind(StrEnum):
    """How two entries exclude each other, or what they leave."""

    PARTS_EXCEED_BUDGET = "parts-exceed-budget"
    RATE_BELOW_AVERAGE = "rate-below-average"
    TIGHT_PER_ITEM = "tight-per-item"
    LABELS_TOO_YOUNG = "labels-too-young"
    RESTATED = "restated"
    CHOSEN_ANEW = "chosen-anew"


@dataclass(frozen=True)
class Conflict:
    """Two statements that cannot both hold, or that together leave very little. `sum` is the arithmetic in words."""

    kind: ConflictKind
    earlier: Entry
    later: Entry
    sum: str = ""


RESTATED_BY = 1.5
"""Ratio of two quantities from which they are different ones and not a rounding."""
TIGHT_S = 1e-4
"""Seconds per candidate below which it is worth asking what can be computed in that time."""
_WAITS = re.compile(r"\b(wait|matured?|leave out|hold back|gap|lag|old enough|delayed)\b", re.IGNORECASE)


def conflicts(made: Sequence[Entry]) -> tuple[Conflict, ...]:
    """Everything on record that does not fit together, in the order in which it came up."""
    current = _standing(made)
    found = [*_sums(current), *_changed(made)]
    return tuple(sorted(found, key=lambda one: (one.later.turn, one.kind)))


def _standing(made: Sequence[Entry]) -> dict[tuple[Kind, str], Entry]:
    """The latest entry per kind and part."""
    return {(entry.kind, entry.about if entry.kind is Kind.PART else ""): entry for entry in made}


def _sums(now: dict[tuple[Kind, str], Entry]) -> Iterable[Conflict]:
    budget, rate, daily = (now.get((kind, "")) for kind in (Kind.BUDGET, Kind.RATE, Kind.DAILY))
    parts = [entry for (kind, _), entry in now.items() if kind is Kind.PART]
    total = sum(part.value for part in parts)
    if budget and parts and total > budget.value:
        terms = " plus ".join(duration(part.value) for part in parts)
        makes = f"{terms} make {duration(total)}" if len(parts) > 1 else duration(total)
        last = max(parts, key=lambda part: part.turn)
        yield _pair(ConflictKind.PARTS_EXCEED_BUDGET, budget, last, f"{makes}, against {duration(budget.value)}")
    if rate and daily and rate.of in {daily.of, ANY} and rate.value < 0.99 * daily.value / SECONDS_A_DAY:
        mean = f"{count(daily.value)} a day are {count(daily.value / SECONDS_A_DAY)} a second on average"
        yield _pair(ConflictKind.RATE_BELOW_AVERAGE, daily, rate, f"{mean}, before any peak")
    yield from _per_item(now)
    window, delay = now.get((Kind.TRAINING_WINDOW, "")), now.get((Kind.LABEL_DELAY, ""))
    if window and delay and window.value < delay.value and not _WAITS.search(f"{window.quote} {delay.quote}"):
        young = f"labels take {days(delay.value)} and you train on the last {days(window.value)}"
        yield _pair(ConflictKind.LABELS_TOO_YOUNG, delay, window, young)


def _per_item(now: dict[tuple[Kind, str], Entry]) -> Iterable[Conflict]:
    scored = now.get((Kind.SCORED, ""))
    time = now.get((Kind.PART, "ranking")) or now.get((Kind.BUDGET, ""))
    if scored and time and scored.value > 1 and time.value / scored.value <= TIGHT_S:
        each = duration(time.value / scored.value)
        left = f"{count(scored.value)} candidates in {duration(time.value)} leaves {each} each"
        yield _pair(ConflictKind.TIGHT_PER_ITEM, time, scored, left)


def _changed(made: Sequence[Entry]) -> Iterable[Conflict]:
    """Quantities restated and choices made anew, unless a word takes the earlier one back, then or later."""
    seen: list[Entry] = []
    found: dict[tuple[Kind, str], Conflict] = {}
    for entry in made:
        before = next((one for one in reversed(seen) if one.kind is entry.kind and _alike(one, entry)), None)
        seen.append(entry)
        key = entry.kind, entry.about
        if entry.revises:
            found.pop(key, None)
        elif before and before.turn < entry.turn:
            if entry.kind in _WORDS and _apart(before.value, entry.value):
                both = " and ".join(_WORDS[entry.kind](one.value) for one in (before, entry))
                found[key] = Conflict(ConflictKind.RESTATED, before, entry, both)
            if entry.kind in _CHOICES and before.of != entry.of:
                found[key] = Conflict(ConflictKind.CHOSEN_ANEW, before, entry)
    return found.values()


def _alike(one: Entry, other: Entry) -> bool:
    """Whether two entries of a kind are about the same; a base rate without a name is that of what is looked for."""
    nameless = one.kind is Kind.BASE_RATE and not (one.about and other.about)
    return one.about == other.about or nameless


def _apart(one: float, other: float) -> bool:
    return max(one, other) >= RESTATED_BY * min(one, other)


def _pair(kind: ConflictKind, one: Entry, other: Entry, arithmetic: str) -> Conflict:
    earlier, later = sorted((one, other), key=lambda entry: entry.turn)
    return Conflict(kind, earlier, later, arithmetic)


# --- numbers in words ------------------------------------------------------------------------------------------------


def duration(seconds: float) -> str:
    """`0.05` is `50 ms`, `5e-05` is `50 µs`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def days(seconds: float) -> str:
    number = seconds / SECONDS_A_DAY
    return f"{number:.3g} day{'' if number == 1 else 's'}"


def count(number: float) -> str:
    """With separators below a million, `1.2 million` above."""
    for word, size in (("billion", 1e9), ("million", 1e6)):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


_WORDS = {Kind.BUDGET: duration, Kind.USERS: count, Kind.BASE_RATE: percent}
"""Quantities that hold for the whole interview, and how they are said."""
_CHOICES = frozenset({Kind.SPLIT, Kind.PRIMARY_METRIC, Kind.MODEL})
