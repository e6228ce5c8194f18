"""How a reply is put together: at most sixty words and one question, whatever it is made of. PURE.

All that is authored or quoted passes here, alone or behind a model's sentence. The sentences of a model are counted
against the same limit where they are admitted (`outbound.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REPLY_WORDS = 60
"""Longest reply, in words. Real interviewers talk a fifth of the time; the median reply stays under 35."""
OPENING_WORDS = 90
"""Longest opening, set by hand. It is the one exception: the brief is read out, at mid level with what it is for."""

Part = tuple[str, ...]
"""What a reply says of one thing, in forms from long to short; the last is empty where it may be left out."""
_NEXT_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def word_count(text: str) -> int:
    return len(text.split())


def composed(*parts: Part, words: int = REPLY_WORDS) -> str:
    """The parts in the order in which they are spoken, within `words` and one question.

    What is said first matters least: while it is too much, the first part that has a shorter form takes it.
    """
    left = list(parts)
    while not _fits(_joined(left), words):
        giving = next((n for n, part in enumerate(left) if len(part) > 1), None)
        if giving is None:
            return _cut(_joined(left), words)
        left[giving] = left[giving][1:]
    return _joined(left)


def _joined(parts: Sequence[Part]) -> str:
    return " ".join(part[0] for part in parts if part[0])


def _fits(text: str, words: int) -> bool:
    return word_count(text) <= words and text.count("?") <= 1


def _cut(text: str, words: int) -> str:
    """What has no shorter form, as in a user's own problem: the last question stays, what stands before it is cut."""
    before, mark, after = text.rpartition("?")
    *told, last = _NEXT_SENTENCE.split(before.replace("?", ".") + mark + after)
    if not last.endswith("?"):
        told, last = [*told, last], ""
    asked, kept = last.split()[-words:], " ".join(told).split()
    room = words - len(asked)
    said = " ".join(kept[:room])
    return f"{said.rstrip('.,;:') + '…' if said and len(kept) > room else said} {' '.join(asked)}".strip()
