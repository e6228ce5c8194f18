"""Whether an utterance tries anything, or only asks, stalls or thinks aloud. PURE: text in, yes or no out.

Read clause by clause, so that who says what they would do and asks for a hint in one breath has tried.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agent.clock import heard
from agent.inbound import inbound
from knowledge.cues import sentences

TRYING_WORDS = 3
"""Least words of an attempt, set by hand: "A tree." and "Okay, sure." earn no next rung."""
_CLAUSE_ENDS = re.compile(r"[,;:]\s+")


@lru_cache(maxsize=1_024)
def tries(text: str) -> bool:
    """Whether something is left of an utterance without its questions, requests, stalls, thinking aloud and orders."""
    whole = inbound(text)
    if whole.unreadable or whole.foreign:
        return False
    clauses = (clause for part in sentences(heard(text)) for clause in _CLAUSE_ENDS.split(part))
    return sum(len(clause.split()) for clause in clauses if _says(clause)) >= TRYING_WORDS


def _says(clause: str) -> bool:
    said = inbound(clause)
    beside = said.unreadable or said.blank or said.stall or said.thinking or said.only_asks or said.instruction
    return not beside and clause not in said.interrogatives
