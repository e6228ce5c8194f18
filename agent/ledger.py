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
    """One thing on record. `quote` is a whole sentence of the turn; `of` names the part, what is counted or the choice.

    `about` tells entries of a kind apart that do not exclude each other: the 95th percentile and the 99th, the metric
    offline and online. `revises` is whether the candidate says that it takes the place of something said before.
    """

    turn: int
    kind: Kind
    quote: str
    value: float = 0.0
    of: str = ""
    about: str = ""
    revises: bool = False


Stated = tuple[Kind, float, str, str]
"""Kind, value, `of` and `about` of what a sentence states."""


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
_ONE_MACHINE = re.compile(
    r"\b(?:per|each|every|one|a|single) (?:gpu|cpu|machine|replica|node|server|shard|instance|box|core|host|pod)\b",
    re.IGNORECASE,
)
"""What one machine does is not what the system gets."""
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
_FRESHNESS = re.compile(
    r"\b(refresh\w*|fresh\w*|arriv\w*|updat\w*|stream\w*|batch\w*|lag\w*|stale\w*|old|interval|every)\b", re.IGNORECASE
)
"""A time of which this is said is an age, not a latency."""
LONGEST_PART_S = 10.0
"""Seconds from which a time is hardly that of one part of a request."""
_PERCENTILE = re.compile(r"\b(p50|p90|p95|median)\b", re.IGNORECASE)
"""Other percentiles than the 99th, for which a budget is meant where none is named."""
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
        r"\b(time.based split|temporal split|chronological(ly)?|split\w* (it |them |the \w+ )?by time|"
        r"out.of.time (?:split|test|validation|set|sample)|"
        r"last (week|month|day)s? (as|is|for) (the )?(test|validation|hold))",
        re.IGNORECASE,
    ),
}
_EXPERIMENT = re.compile(r"\b(a/b|ab.tests?|experiments?|treatment|control|buckets?|arms?)\b", re.IGNORECASE)
"""Who is split at random there are users, not examples."""
_LEAKS = re.compile(r"\b(leaks?|would (leak|mix|let|flatter|put|be|make))\b", re.IGNORECASE)
"""A split of which this is said is not proposed."""
_USERS = re.compile(
    rf"{_NUMBER}\s+(?P<named>(?:(?:daily|weekly|monthly|active|registered)\s+)*)"
    r"(?:(?P<short>[dwm]au)|(?P<who>users?|members?|customers?|drivers?|riders?|listeners?|viewers?|buyers?|sellers?))\b"
    r"(?P<per>\s+(?:per|a|each|every)\s+(?:day|week|month)\b)?",
    re.IGNORECASE,
)
_NOT_ALL_USERS = re.compile(
    r"\b(experiments?|exposed?|pilot|\w*sampl\w*|label\w*|report\w*|only|in \w+ (?:years?|months?)|grow\w*|"
    r"tests?|hold.?out|treatment|among|of (?:them|those)|churn\w*|new|at first|later|launch|one (?:machine|server))\b",
    re.IGNORECASE,
)
"""A count of which this is said is a part, or another time."""
_OFTEN = {"daily": "day", "weekly": "week", "monthly": "month", "dau": "day", "wau": "week", "mau": "month"}
_OFTEN |= {every: every for every in _OFTEN.values()}
_SHARE = r"(?P<share>\d[\d,]*(?:\.\d+)?)\s?(?:%|per ?cent\b)(?! (?:higher|lower|better|worse|more|less|up|down|off)\b)"
_BASE_RATES = (
    re.compile(
        r"\b(?:base rate|prevalence|(?<!false )(?<!true )positive (?:rate|class)|(?<!false )(?<!true )positives|"
        r"(?P<about>fraud|spam)(?: rate)?|(?P<of>ctr|click.through rate|conversion rate))\s"
        r"(?:\w+ ){0,2}?(?:is|are|of|at)\s[^,.;%]{0,20}?" + _SHARE,
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_SHARE} of (?:the |all |our )?(?:[\w-]+ ){{1,2}}?(?:is|are) (?:actually |really )?"
        r"(?:(?P<about>fraud|spam)\w*|positives?|bad|harmful|abusive|violating|malicious|(?P<of>clicked|viewed|bought))\b",
        re.IGNORECASE,
    ),
)
_NOT_A_BASE_RATE = re.compile(
    r"\b(by|lifts?|improv\w*|increas\w*|decreas\w*|dro\w+|ris\w+|rose|falls?|fell|goes|went|becom\w*|after|\w*sampl\w*|"
    r"hold.?out|test|training|threshold|precision|recall|flagged|blocked|reviewed|caught|among|segment|cohort|if|"
    r"(?:mini.?)?batch\w*|balanc\w*|position|slot|rank\w*|report\w*)\b",
    re.IGNORECASE,
)
"""A share of which this is said is a change, or is not of everything."""
_MODELS = {
    "trees": r"(?:gradient.)?boost\w*|gbdts?|gbms?|xgboost|lightgbm|catboost|(?:random )?forest",
    "a linear model": r"logistic regression|linear (?:model|regression)",
    "a two-tower model": r"two.tower\w*|dual encoder",
    "a transformer": r"transformer|bert|cross.encoder|llm",
    "a neural network": r"neural net\w*|dnn|mlp|deep (?:network|model|net)|dcn|dlrm|wide and deep|cnn|lstm",
}
_FAMILIES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _MODELS.items()}
_MODEL = re.compile(
    r"\b(?:my|our|the) (?:(?:final|main|production) )?(?P<about>model|ranker|classifier) (?:is|will be|would be) an? "
    r"(?P<what>[\w -]{3,40})",
    re.IGNORECASE,
)
_ONE_OF_SEVERAL = re.compile(r"\b(baseline|stages?|retrieval|first|second|then|start|later|simple)\b", re.IGNORECASE)
"""A model of which this is said is one step of several."""
_PRIMARY = re.compile(
    r"\b(?:primary|main|north.star|headline) (?:(?P<about>\w+) )?(?:metric|number|kpi)\b\s*"
    r"(?:is|would be|will be|becomes|:)\s*"
    r"(?:the |our |an? )?(?P<what>[\w@%/ -]{3,40})",
    re.IGNORECASE,
)
_REVISES = re.compile(
    r"\b(actually|on second thou?ght|let me (change|correct|revise|take that back)|scratch that|i (?:have )?changed?|"
    r"instead of what i said|i was wrong|correct(ing)? myself|i take (it|that) back|no longer|rather than the)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4_096)
def entries(turn: int, text: str) -> tuple[Entry, ...]:
    """What one turn puts on record, sentence by sentence; questions, suppositions and rejections are no record."""
    found: list[Entry] = []
    before = ""
    for sentence in sentences(text):
        revises = bool(_REVISES.search(f"{before} {sentence}"))
        before = sentence
        if sentence.endswith("?") or is_instruction(sentence) or supposes(sentence):
            continue
        stated = _stated(sentence)
        found += [Entry(turn, kind, sentence, value, of, about, revises) for kind, value, of, about in stated]
    return tuple(found)


# --- what a sentence states ------------------------------------------------------------------------------------------


def _stated(sentence: str) -> Iterable[Stated]:
    exact = _VAGUE.sub("some", _COUPLE.sub("two ", sentence))
    said = _SMALL.sub(lambda match: str(_SMALLEST.index(match[0].lower()) + 1), alpha2digit(exact, "en"))
    if not rejects(sentence):
        yield from _choices(said)
        yield from _sizes(said)
    if rate := None if _ONE_MACHINE.search(said) else _RATE.search(said):
        yield Kind.RATE, _number(rate), _noun(rate), ""
    elif (daily := _DAILY.search(said)) and _noun(daily) in _COUNTED:
        yield Kind.DAILY, _number(daily), _noun(daily), ""
    if (scored := _SCORED.search(said)) and _number(scored) <= MOST_SCORED:
        yield Kind.SCORED, _number(scored), "", ""
    if window := _TRAINS_ON.search(said):
        yield Kind.TRAINING_WINDOW, _seconds(window), "", ""
    elif _LABELS_LATE.search(said) and (delay := _DURATION.search(said)) and _seconds(delay) >= SECONDS_A_DAY:
        yield Kind.LABEL_DELAY, _seconds(delay), "", ""
    yield from _latencies(said)


def _choices(said: str) -> Iterable[Stated]:
    """The split, the primary metric, and the family of the model where a sentence names one of them and only one."""
    if not _LEAKS.search(said) and not _EXPERIMENT.search(said):
        yield from ((Kind.SPLIT, 0.0, name, "") for name, pattern in _SPLITS.items() if pattern.search(said))
    if metric := _PRIMARY.search(said):
        yield Kind.PRIMARY_METRIC, 0.0, _head(metric["what"]), (metric["about"] or "").lower()
    if (named := _MODEL.search(said)) and not _ONE_OF_SEVERAL.search(said):
        families = [family for family, pattern in _FAMILIES.items() if pattern.search(_head(named["what"]))]
        if len(families) == 1:
            yield Kind.MODEL, 0.0, families[0], named["about"].lower()


def _sizes(said: str) -> Iterable[Stated]:
    """How many use it, and how rare what is looked for is."""
    if (users := _USERS.search(said)) and not _NOT_ALL_USERS.search(said):
        words = f"{users['named']} {users['short'] or ''} {users['per'] or ''}".lower().split()
        every = next((_OFTEN[word] for word in words if word in _OFTEN), words[0] if words else "")
        who = (users["who"] or "users").lower().rstrip("s") + "s"
        if every:
            yield Kind.USERS, _number(users), who, f"{who} {every}"
    rates = (pattern.search(said) for pattern in _BASE_RATES)
    if not _NOT_A_BASE_RATE.search(said) and (rare := next(filter(None, rates), None)):
        of = (rare["of"] or rare["about"] or "").lower()
        yield Kind.BASE_RATE, float(rare["share"].replace(",", "")) / 100, of, of


def _latencies(said: str) -> Iterable[Stated]:
    """Of each clause the time it allows, as the whole or as a part; an age, and a time of many seconds, is none."""
    for clause in re.split(r"[,;]| and then | then ", said):
        times = [t for t in _DURATION.finditer(clause) if _seconds(t) < 60]
        if len(times) != 1 or not _LATENCY.search(clause):
            continue
        parts = [name for name, pattern in _PARTS.items() if pattern.search(clause)]
        if _WHOLE.search(clause) and not parts:
            percentile = _PERCENTILE.search(clause)
            yield Kind.BUDGET, _seconds(times[0]), "", percentile[0].lower() if percentile else ""
        age = _FRESHNESS.search(clause) or _seconds(times[0]) >= LONGEST_PART_S
        if len(parts) == 1 and not _WHOLE.search(clause) and not age:
            yield Kind.PART, _seconds(times[0]), parts[0], parts[0]


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
    words = re.split(
        r"\b(?:per|with|because|since|and|over|for|which|that|so|as|in|at|on|of|to|than|"
        r"trained|fed|based)\b",
        name.lower(),
    )[0]
    return " ".join(words.split())
