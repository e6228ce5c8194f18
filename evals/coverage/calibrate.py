"""Fits what a model's log-odds are worth on labelled items. Asks the model; no files, no clock.

The numbers are checked on the items they were not fitted on: every item is read with the line that was fitted to the
others, and the thresholds are chosen on those readings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agent.assessor import SHADE, Fusion
from agent.errors import ModelError
from agent.models.port import Model
from evals.coverage.answers import Array
from evals.coverage.fit import fit
from evals.coverage.items import Item

PRECISION = 0.9
"""Least share of true items among those called shown."""
LOST = 0.1
"""Largest share of the true items that are called not shown."""
LEAST_AREA = 0.6
SILENT = 5
"""Items without log-odds at the beginning after which no more are asked."""
FAILURES = 2
"""Failures in a row that end a calibration."""
LEAST_ANSWERED = 2 / 3
_FARTHEST = 15.0
"""Log-odds beyond this say no more: the port's own bound is ln 1,000,000."""


@dataclass(frozen=True)
class Findings:
    """`fusion` is None when the model should not vote, for the reason that `why` gives."""

    items: int
    area: float | None = None
    interval: tuple[float, float] | None = None
    fusion: Fusion | None = None
    why: str = ""


async def votes(model: Model, items: Sequence[Item], progress: Callable[[int, int], None]) -> list[float | None]:
    """The log-odds of the items in order; shorter when the endpoint gives none. Raises ModelError."""
    odds: list[float | None] = []
    failures = 0
    for item in items:
        progress(len(odds), len(items))
        try:
            odds.append(await model.yes_log_odds(item.messages))
            failures = 0
        except ModelError:
            failures += 1
            if failures == FAILURES:
                raise
            odds.append(None)
        if len(odds) == SILENT and odds.count(None) == SILENT:
            break
    progress(len(items), len(items))
    return odds


def findings(items: Sequence[Item], votes: Sequence[float | None]) -> Findings:
    pairs = [(vote, float(item.shown)) for item, vote in zip(items, votes, strict=False) if vote is not None]
    if not pairs:
        return Findings(0, why="its server gives no log-probabilities")
    if len(pairs) < LEAST_ANSWERED * len(items):
        return Findings(len(pairs), why=f"it answered {len(pairs)} of {len(items)} items with yes or no")
    odds, shown = np.clip([vote for vote, _ in pairs], -_FARTHEST, _FARTHEST), np.array([true for _, true in pairs])
    area = auc(odds, shown)
    interval = around(area, int(shown.sum()), int((1 - shown).sum()))
    # the line is looked at last: of votes that are all the same there is none; a few far-off ones can turn it
    if area < LEAST_AREA or interval[0] <= 0.5 or _line(odds, shown)[0] <= 0:
        return Findings(len(pairs), area, interval, why="its votes cannot be told from guessing")
    fusion = fitted(odds, shown)
    if fusion.shown is None and fusion.not_shown is None:
        return Findings(len(pairs), area, interval, why="its votes are too unsure to decide anything")
    return Findings(len(pairs), area, interval, fusion)


def auc(odds: Array, shown: Array) -> float:
    """Chance that a true item gets more than a false one; half of it when they get the same."""
    above = odds[shown == 1][:, None] - odds[shown == 0]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def around(area: float, true: int, false: int) -> tuple[float, float]:
    """95 % interval of an area by Hanley and McNeil (1982), from which a perfect one is kept half an item away."""
    a = min(area, 1 - 1 / (2 * min(true, false)))
    one, other = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (true - 1) * (one - a * a) + (false - 1) * (other - a * a)) / (true * false)
    half = 1.96 * math.sqrt(variance)
    return max(0.0, area - half), min(1.0, area + half)


def fitted(odds: Array, shown: Array) -> Fusion:
    """The rising line through all items; its thresholds from readings of each by the line through the others."""
    others = [np.arange(len(odds)) != n for n in range(len(odds))]
    lines = [_line(odds[rest], shown[rest]) for rest in others]
    read = np.array([_probability(vote, *line) for vote, line in zip(odds, lines, strict=True)])
    scale, offset = _line(odds, shown)
    return Fusion(scale, offset, _shown_from(read, shown), _not_shown_to(read, shown))


def _line(odds: Array, shown: Array) -> tuple[float, float]:
    """Scale and offset of ln(p / 1-p) with the base rate of the items taken out."""
    bias, slope = fit(odds[:, None], shown)
    base = np.log(shown.mean() / (1 - shown.mean()))
    return float(SHADE * slope), float((base - bias) / slope)


def _probability(vote: float, scale: float, offset: float) -> float:
    """After one vote on what was as likely as not."""
    return float(1 / (1 + np.exp(-scale * (vote - offset))))


def _shown_from(read: Array, shown: Array) -> float | None:
    """The lowest threshold that keeps the precision, above one half and with enough items over it to tell."""
    enough = [t for t in read[read >= 0.5] if (read >= t).sum() >= _least(read)]
    return min((float(t) for t in enough if shown[read >= t].mean() >= PRECISION), default=None)


def _not_shown_to(read: Array, shown: Array) -> float | None:
    enough = [t for t in read[read <= 0.5] if (read <= t).sum() >= _least(read)]
    return max((float(t) for t in enough if (read[shown == 1] <= t).mean() <= LOST), default=None)


def _least(read: Array) -> int:
    """Items that a side must decide before its figures are believed."""
    return max(5, len(read) // 10)
