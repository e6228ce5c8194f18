"""How good a ranking is. PURE: ids in the order found and graded judgements in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

Grades = Mapping[str, int]
"""Judged ids with their grade; 0 and absent mean not relevant."""


def recall_at(k: int, found: Sequence[str], grades: Grades) -> float:
    """Share of the ids of the highest grade among the first `k` found; of `k` where there are more than `k`."""
    best = max(grades.values())
    relevant = {one for one, grade in grades.items() if grade == best}
    return len(relevant & set(found[:k])) / min(k, len(relevant))


def ndcg_at(k: int, found: Sequence[str], grades: Grades) -> float:
    """Normalised discounted cumulative gain with linear gain (Järvelin and Kekäläinen, 2002), 0 to 1."""
    gains = [grades.get(one, 0) for one in found[:k]]
    ideal = sorted(grades.values(), reverse=True)[:k]
    return _discounted(gains) / _discounted(ideal)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def distinct(found: Sequence[str]) -> list[str]:
    """First occurrences, in order: passages of one document are one find."""
    return list(dict.fromkeys(found))


def mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
