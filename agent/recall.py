"""When each drill comes back: FSRS over the log of attempts. Arithmetic of the `fsrs` package; nothing is stored.

Fuzzing is off, so that the same log always gives the same dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import fsrs

from agent.drills import Attempt, Rating

SCHEDULER = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
"""Without steps of minutes: an answer repeated minutes after the good one was read is copied, not recalled."""
_RATINGS = {
    Rating.AGAIN: fsrs.Rating.Again,
    Rating.HARD: fsrs.Rating.Hard,
    Rating.GOOD: fsrs.Rating.Good,
    Rating.EASY: fsrs.Rating.Easy,
}


def due_dates(attempts: Iterable[Attempt]) -> dict[str, datetime]:
    """When each drill that was rated comes back, in UTC; the order in which the attempts are given does not matter."""
    rated = [(a.when.astimezone(UTC), a.drill, _RATINGS[a.rating]) for a in attempts if a.rating is not None]
    cards: dict[str, fsrs.Card] = {}
    for when, drill, rating in sorted(rated):
        card = cards.get(drill) or fsrs.Card(card_id=0, due=when)
        cards[drill], _ = SCHEDULER.review_card(card, rating, when)
    return {drill: card.due for drill, card in cards.items()}
