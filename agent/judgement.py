"""What a cross-encoder is asked, and what it answers. PURE: values and their layout as tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STATEMENT_TOKENS, SENTENCE_TOKENS, QUESTION_TOKENS = 64, 80, 40
"""Most tokens of each part; of a question the last ones, because what is asked stands at its end."""
CLS, SEP = 101, 102
OUTPUTS = 3
"""Logits of: shown; explained rather than named; justified rather than explained."""


@dataclass(frozen=True)
class Pair:
    """A statement and a sentence, with the question that the sentence replies to, or without."""

    statement: str
    sentence: str
    question: str = ""


Judge = Callable[[Sequence[Pair]], NDArray[np.float64]]
"""Logits of pairs, shape (pairs, OUTPUTS)."""


def laid_out(statement: Sequence[int], sentence: Sequence[int], question: Sequence[int]) -> tuple[list[int], list[int]]:
    """Token ids and types of one pair: `[CLS] statement [SEP] sentence [SEP] question [SEP]`."""
    first = [CLS, *statement[:STATEMENT_TOKENS], SEP]
    second = [*sentence[:SENTENCE_TOKENS], SEP]
    if question:
        second += [*question[-QUESTION_TOKENS:], SEP]
    return [*first, *second], [0] * len(first) + [1] * len(second)
