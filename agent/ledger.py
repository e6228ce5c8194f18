"""What a candidate put on record in numbers and choices. PURE.

The ledger is built for precision: it enters only what a sentence states about the design in a form that can be
compared. What it cannot read it leaves alone. What does not fit together is in `conflicts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from text_to_num import alpha2digit

from agent.claims import rejects, supposes
from agent.inbound import is_instruction
from knowledge.cues import sentences


class Kind(StrEnum):
    """What an entry is about. Numbers are in seconds, per second, counts, or shares of one."""

    BUDGET = "latency budget"
    PART = "latency of a part"
    DAILY = "requests a day"
    RATE = "requests a second"
    SCORED = "candidates scored per request"
    LABEL_DELAY = "label delay"
    TRAINING_WINDOW = "training window"
    USERS = "users"
    BASE_RATE = "base rate"
    MODEL = "model"
    SPLIT = "split"
    PRIMARY_METRIC = "primary metric"


@dataclass(frozen=True)
class Entry:
    """One thing on record. `quote` is a whole sentence of the turn; `of` names the part or the choice."""

    turn: int
    kind: Kind
    quote: str
    value: float = 0.0
    of: str = ""


SECONDS_A_DAY = 86_400
MOST_SCORED = 100_000
"""A count above this is a catalogue that is searched, not candidates that are scored one by one."""

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
_SMALL = re.compile(
    r"\b(one|two|three)(?= (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|per ?cent)\b)", re.IGNORECASE
)
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
ANY = "requests"
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
_USERS = re.compile(
    rf"{_NUMBER}\s+(?P<named>(?:(?:daily|weekly|monthly|active|registered)\s+)*)"
    r"(?:(?P<short>[dwm]au)|users?|members?|customers?|people|drivers?|riders?|listeners?|viewers?|buyers?)\b"
    r"(?P<per>\s+(?:per|a|each|every)\s+(?:day|week|month)\b)?",
    re.IGNORECASE,
)
_OFTEN = {"daily": "day", "weekly": "week", "monthly": "month", "dau": "day", "wau": "week", "mau": "month"}
_OFTEN |= {every: every for every in _OFTEN.values()}
_SHARE = r"(?P<share>\d[\d,]*(?:\.\d+)?)\s?(?:%|per ?cent\b)(?! (?:higher|lower|better|worse|more|less|up|down|off)\b)"
_BASE_RATES = (
    re.compile(
        r"\b(?:base rate|prevalence|positive (?:rate|class)|positives|(?:fraud|spam)(?: rate)?|"
        r"(?P<of>ctr|click.through rate|conversion rate))\s(?:\w+ ){0,2}?(?:is|are|of|at)\s[^,.;%]{0,20}?" + _SHARE,
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_SHARE} of (?:the |all |our )?(?:[\w-]+ ){{1,2}}?(?:is|are) (?:actually |really )?"
        r"(?:fraud\w*|spam\w*|positives?|bad|harmful|abusive|violating|malicious|(?P<of>clicked|viewed|bought))\b",
        re.IGNORECASE,
    ),
)
_NOT_A_BASE_RATE = re.compile(
    r"\b(by|lifts?|improv\w*|increas\w*|decreas\w*|dro\w+|ris\w+|rose|falls?|fell|goes|went|becom\w*|after|\w*sampl\w*|"
    r"hold.?out|test|training|threshold|precision|recall|flagged|blocked|reviewed|caught|among|segment|cohort)\b",
    re.IGNORECASE,
)
"""A share of which this is said is a change, or is not of everything."""
_MODELS = {
    "trees": r"(?:gradient.)?boost\w*|gbdts?|gbms?|xgboost|lightgbm|catboost|(?:random )?forest",
    "a linear model": r"logistic regression|linear (?:model|regression)|lr",
    "a two-tower model": r"two.tower\w*|dual encoder",
    "a transformer": r"transformer|bert|cross.encoder|llm",
    "a neural network": r"neural net\w*|dnn|mlp|deep (?:network|model|net)|dcn|dlrm|wide and deep|cnn|lstm",
}
_FAMILIES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _MODELS.items()}
_MODEL = re.compile(
    r"\b(?:my|our|the) (?P<of>(?:final |main |production |first.stage |second.stage )?(?:model|ranker|classifier)) "
    r"(?:is|will be|would be) (?:an? |the )?(?P<what>[\w -]{3,40})",
    re.IGNORECASE,
)
_PRIMARY = re.compile(
    r"\b(?:primary|main|north.star|headline) (?:\w+ )?(?:metric|number|kpi)\b\s*(?:is|would be|will be|becomes|:)\s*"
    r"(?:the |our |an? )?(?P<what>[\w@%/ -]{3,40})",
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


# --- what a sentence states ------------------------------------------------------------------------------------------


def _stated(sentence: str) -> Iterable[tuple[Kind, float, str]]:
    exact = _VAGUE.sub("some", _COUPLE.sub("two ", sentence))
    said = _SMALL.sub(lambda match: str(_SMALLEST.index(match[0].lower()) + 1), alpha2digit(exact, "en"))
    if not rejects(sentence) and not _LEAKS.search(said):
        yield from ((Kind.SPLIT, 0.0, name) for name, pattern in _SPLITS.items() if pattern.search(said))
    if (chosen := _PRIMARY.search(said)) and not rejects(sentence):
        yield Kind.PRIMARY_METRIC, 0.0, _head(chosen["what"])
    yield from _chosen_models(said)
    yield from _sizes(said)
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


def _chosen_models(said: str) -> Iterable[tuple[Kind, float, str]]:
    """The family of the model, where a sentence names one of them and only one."""
    if (named := _MODEL.search(said)) and not rejects(said):
        families = [family for family, pattern in _FAMILIES.items() if pattern.search(named["what"])]
        if len(families) == 1:
            yield Kind.MODEL, 0.0, f"{named['of'].lower()}: {families[0]}"


def _sizes(said: str) -> Iterable[tuple[Kind, float, str]]:
    """How many use it, and how rare what is looked for is."""
    if users := _USERS.search(said):
        words = f"{users['named']} {users['short'] or ''} {users['per'] or ''}".lower().split()
        if words:
            yield Kind.USERS, _number(users), next((_OFTEN[word] for word in words if word in _OFTEN), words[0])
    rates = (pattern.search(said) for pattern in _BASE_RATES)
    if not _NOT_A_BASE_RATE.search(said) and (rare := next(filter(None, rates), None)):
        yield Kind.BASE_RATE, float(rare["share"].replace(",", "")) / 100, (rare["of"] or "positives").lower()


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
    return words[-1] if words else ANY


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
