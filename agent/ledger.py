"""What a candidate put on record in numbers and choices, and where two entries cannot both hold. PURE.

The ledger is built for precision: it enters only what a sentence states about the design in a form that can be
compared, and reports only what arithmetic or exclusion decides. What it cannot read it leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from text_to_num import alpha2digit

from agent.claims import rejects, supposes
from agent.inbound import is_instruction
from knowledge.cues import sentences


class Kind(StrEnum):
    """What an entry is about. Numbers are in seconds, per second, or counts."""

    BUDGET = "latency budget"
    PART = "latency of a part"
    DAILY = "requests a day"
    RATE = "requests a second"
    SCORED = "candidates scored per request"
    LABEL_DELAY = "label delay"
    TRAINING_WINDOW = "training window"
    SPLIT = "split"
    PRIMARY_METRIC = "primary metric"


class ConflictKind(StrEnum):
    """How two entries exclude each other, or what they leave."""

    PARTS_EXCEED_BUDGET = "parts-exceed-budget"
    RATE_BELOW_AVERAGE = "rate-below-average"
    TIGHT_PER_ITEM = "tight-per-item"
    LABELS_TOO_YOUNG = "labels-too-young"
    RESTATED = "restated"
    CHOSEN_ANEW = "chosen-anew"


@dataclass(frozen=True)
class Entry:
    """One thing on record. `quote` is a whole sentence of the turn; `of` names the part or the choice."""

    turn: int
    kind: Kind
    quote: str
    value: float = 0.0
    of: str = ""


@dataclass(frozen=True)
class Conflict:
    """Two statements that cannot both hold, or that together leave very little. `sum` is the arithmetic in words."""

    kind: ConflictKind
    earlier: Entry
    later: Entry
    sum: str = ""


SECONDS_A_DAY = 86_400
RESTATED_BY = 1.5
"""Ratio of two budgets from which they are different budgets and not a rounding."""
MOST_SCORED = 100_000
"""A count above this is a catalogue that is searched, not candidates that are scored one by one."""
TIGHT_S = 1e-4
"""Seconds per candidate below which it is worth asking what can be computed in that time."""

_UNITS = {
    "ms": 1e-3,
    "millisecond": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3_600.0,
    "day": 86_400.0,
    "week": 7 * 86_400.0,
    "month": 30 * 86_400.0,
    "year": 365 * 86_400.0,
}
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)\s?(k|m|mn|b|bn|thousand|million|billion|1000|1000000|1000000000)?\b"
_TIME = rf"{_NUMBER}[ -]?(ms|milliseconds?|s|secs?|seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b"
_SMALLEST = ("one", "two", "three")
_SMALL = re.compile(r"\b(one|two|three)(?= (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b)", re.IGNORECASE)
"""Left in words by text2num, because they are mostly no quantities."""
_COUPLE = re.compile(r"\ba couple of (?=hundred|thousand|million|billion)", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(?:(?:a few|few|several|some|many|tens of|dozens of)\s+(?:hundreds?|thousands?|millions?|billions?)|"
    r"(?:hundreds|thousands|millions|billions))\b",
    re.IGNORECASE,
)
"""Quantities that cannot be compared with another."""
_DURATION = re.compile(_TIME, re.IGNORECASE)
_NAMED = r"(?P<named>(?:[\w-]+\s+){0,2}?)"
_RATE = re.compile(
    rf"{_NUMBER}\s?(?:(?P<short>qps|rps|tps)|{_NAMED}(?:(?:per|a|each|every)\s+|/\s?)(?:second|sec|s))\b", re.IGNORECASE
)
_DAILY = re.compile(rf"{_NUMBER}\s+{_NAMED}(?:per|a|each|every|/)\s?day\b", re.IGNORECASE)
_COUNTED = {
    "requests", "queries", "searches", "orders", "transactions", "payments", "predictions", "impressions", "calls"
}  # fmt: skip
_ANY = "requests"
_SCORED = re.compile(
    rf"\b(?:rank|rerank|re-rank|scor|rescor)\w*\b[^.;]{{0,40}}?{_NUMBER}\s+(?:[\w-]+\s)?"
    r"(?:candidates?|items?|videos?|posts?|ads|listings?|products?|documents?|stories|results?|events?)\b",
    re.IGNORECASE,
)
_LATENCY = re.compile(
    r"\b(latency|p99|p95|p50|budget|respon[ds]\w*|end.to.end|within|under|takes?|took|spends?|costs?|in|at most)\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(end.to.end|overall|in total|altogether|the whole (request|path|thing|page|list)|total (latency|budget)|"
    r"latency budget|(p99|p95) (is|of|under|below|at|budget|latency|target)|budget (is|of)|"
    r"(answer|respond|reply)\w* (in|within|under))\b",
    re.IGNORECASE,
)
_PARTS = {
    "retrieval": re.compile(r"\b(retriev\w*|candidate generation|ann|nearest neighbou?r\w*|recall stage)\b", re.I),
    "ranking": re.compile(r"\b(rank(er|ing)?|scor(er|ing)|model inference|inference|forward pass)\b", re.I),
    "re-ranking": re.compile(r"\bre-?rank\w*\b", re.I),
    "features": re.compile(r"\b(feature (fetch|lookup|store|read)\w*|fetch\w* (the )?features|features)\b", re.I),
    "generation": re.compile(r"\b(generat\w*|decod\w*|llm)\b", re.I),
    "network": re.compile(r"\bnetwork\b", re.I),
}
_LABELS_LATE = re.compile(
    r"\b(labels?|chargebacks?|outcomes?|ground truth)\b[^.;]{0,40}\b(arriv\w*|com\w*|matur\w*|take|takes|delay\w*|late|"
    r"known|settle\w*|after)\b",
    re.IGNORECASE,
)
_TRAINS_ON = re.compile(
    rf"\btrain\w*\b[^.;]{{0,30}}\b(?:last|past|latest|previous|most recent)\s+{_TIME}", re.IGNORECASE
)
_WAITS = re.compile(r"\b(wait|matured?|leave out|hold back|gap|lag|old enough|delayed)\b", re.IGNORECASE)
_SPLITS = {
    "random": re.compile(
        r"\b(random(ly)? (split|shuffle|sample for test)\w*|split\w* (it |them |the \w+ )?(at )?random\w*|"
        r"shuffle\w* (and|then) split|k-fold)\b",
        re.IGNORECASE,
    ),
    "by time": re.compile(
        r"\b(time.based split|temporal split|chronological(ly)?|split\w* (it |them |the \w+ )?by time|out.of.time|"
        r"last (week|month|day)s? (as|is|for) (the )?(test|validation|hold))",
        re.IGNORECASE,
    ),
}
_LEAKS = re.compile(r"\b(leaks?|would (leak|mix|let|flatter|put|be|make))\b", re.IGNORECASE)
"""A split of which this is said is not proposed."""
_PRIMARY = re.compile(
    r"\b(?:primary|main|north.star|headline) (?:\w+ )?(?:metric|number|kpi)\b\s*(?:is|would be|will be|becomes|:)\s*"
    r"(?:the |our |an? )?(?P<what>[\w@%/ -]{3,40})",
    re.IGNORECASE,
)
_REVISES = re.compile(
    r"\b(actually|on second thou?ght|let me (change|correct|revise|take that back)|scratch that|i change|i changed|"
    r"instead of what i said|i was wrong|correct(ing)? myself|i take (it|that) back|no longer|rather than the)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4_096)
def entries(turn: int, text: str) -> tuple[Entry, ...]:
    """What one turn puts on record, sentence by sentence; questions, suppositions and rejections are no record."""
    found: list[Entry] = []
    for sentence in sentences(text):
        if sentence.endswith("?") or is_instruction(sentence) or supposes(sentence):
            continue
        found += [Entry(turn, kind, sentence, value, of) for kind, value, of in _stated(sentence)]
    return tuple(found)


def conflicts(made: Sequence[Entry]) -> tuple[Conflict, ...]:
    """Everything on record that does not fit together, in the order in which it came up."""
    current = _standing(made)
    found = [*_sums(current), *_changed(made)]
    return tuple(sorted(found, key=lambda one: (one.later.turn, one.kind)))


# --- what a sentence states ------------------------------------------------------------------------------------------


def _stated(sentence: str) -> Iterable[tuple[Kind, float, str]]:
    exact = _VAGUE.sub("some", _COUPLE.sub("two ", sentence))
    said = _SMALL.sub(lambda match: str(_SMALLEST.index(match[0].lower()) + 1), alpha2digit(exact, "en"))
    if not rejects(sentence) and not _LEAKS.search(said):
        yield from ((Kind.SPLIT, 0.0, name) for name, pattern in _SPLITS.items() if pattern.search(said))
    if (chosen := _PRIMARY.search(said)) and not rejects(sentence):
        yield Kind.PRIMARY_METRIC, 0.0, _head(chosen["what"])
    if rate := _RATE.search(said):
        yield Kind.RATE, _number(rate), _noun(rate)
    elif (daily := _DAILY.search(said)) and _noun(daily) in _COUNTED:
        yield Kind.DAILY, _number(daily), _noun(daily)
    if (scored := _SCORED.search(said)) and _number(scored) <= MOST_SCORED:
        yield Kind.SCORED, _number(scored), ""
    if window := _TRAINS_ON.search(said):
        yield Kind.TRAINING_WINDOW, _seconds(window), ""
    elif _LABELS_LATE.search(said) and (delay := _DURATION.search(said)) and _seconds(delay) >= SECONDS_A_DAY:
        yield Kind.LABEL_DELAY, _seconds(delay), ""
    yield from _latencies(said)


def _latencies(said: str) -> Iterable[tuple[Kind, float, str]]:
    """Of each clause the time it allows, as the whole or as a part; hours and more are no latency."""
    for clause in re.split(r"[,;]| and then | then ", said):
        times = [t for t in _DURATION.finditer(clause) if _seconds(t) < 60]
        if len(times) != 1 or not _LATENCY.search(clause):
            continue
        parts = [name for name, pattern in _PARTS.items() if pattern.search(clause)]
        if _WHOLE.search(clause) and not parts:
            yield Kind.BUDGET, _seconds(times[0]), ""
        elif len(parts) == 1 and not _WHOLE.search(clause):
            yield Kind.PART, _seconds(times[0]), parts[0]


def _noun(match: re.Match[str]) -> str:
    """The last word of what is counted; requests where nothing is named."""
    words = (match["named"] or "").lower().split()
    return words[-1] if words else _ANY


def _number(match: re.Match[str]) -> float:
    """The first number of a match with its scale word: `1.2 million`, `10k`."""
    digits, scale = match[1], (match[2] or "").lower()
    factor = float(scale) if scale.isdigit() else _SCALES.get(scale, 1.0)
    return float(digits.replace(",", "")) * factor


def _seconds(match: re.Match[str]) -> float:
    return _number(match) * _UNITS[match[3].lower() if match[3].lower() in _UNITS else match[3].lower().rstrip("s")]


def _head(name: str) -> str:
    """The first words of what was named, up to a preposition: `watch time per session` is `watch time`."""
    words = re.split(r"\b(?:per|with|because|since|and|over|for|which|that|so|as|in|at|on)\b", name.lower())[0]
    return " ".join(words.split())


# --- what does not fit -----------------------------------------------------------------------------------------------


def _standing(made: Sequence[Entry]) -> dict[tuple[Kind, str], Entry]:
    """The latest entry per kind and part."""
    return {(entry.kind, entry.of if entry.kind is Kind.PART else ""): entry for entry in made}


def _sums(now: dict[tuple[Kind, str], Entry]) -> Iterable[Conflict]:
    budget, rate, daily = (now.get((kind, "")) for kind in (Kind.BUDGET, Kind.RATE, Kind.DAILY))
    parts = [entry for (kind, _), entry in now.items() if kind is Kind.PART]
    total = sum(part.value for part in parts)
    if budget and parts and total > budget.value:
        terms = " plus ".join(duration(part.value) for part in parts)
        makes = f"{terms} make {duration(total)}" if len(parts) > 1 else duration(total)
        last = max(parts, key=lambda part: part.turn)
        yield _pair(ConflictKind.PARTS_EXCEED_BUDGET, budget, last, f"{makes}, against {duration(budget.value)}")
    if rate and daily and rate.of in {daily.of, _ANY} and rate.value < 0.99 * daily.value / SECONDS_A_DAY:
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
    """Budgets restated and choices made anew without a word that takes the earlier one back."""
    last: dict[Kind, Entry] = {}
    for entry in made:
        before = last.get(entry.kind)
        if before and before.turn < entry.turn and not _REVISES.search(entry.quote):
            if entry.kind is Kind.BUDGET and _apart(before.value, entry.value):
                both = f"{duration(before.value)} and {duration(entry.value)}"
                yield Conflict(ConflictKind.RESTATED, before, entry, both)
            if entry.kind in {Kind.SPLIT, Kind.PRIMARY_METRIC} and before.of != entry.of:
                yield Conflict(ConflictKind.CHOSEN_ANEW, before, entry)
        last[entry.kind] = entry


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
