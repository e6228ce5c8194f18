"""From the likeliest first tokens of an answer to ln P(yes)/P(no). Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Where yes and no together are rarer than this, the model was about to say something else (a thought, a preamble),
# and their ratio is noise.
LEAST_MASS = 0.01
_ROUNDING = 1e-6


def yes_log_odds(tokens: Sequence[tuple[str, float]]) -> float | None:
    """`tokens`: (text, natural log-probability), as many of the likeliest as the endpoint lists.

    All spellings of a word are added up ("Yes", " yes", "YES"). A word that is not listed is at most as likely as the
    least likely one that is, and as all unlisted ones together, so that bounds it: the odds are then too timid, never
    infinite. None where nothing can be said.
    """
    chances = [(text.strip().lower(), math.exp(min(log, 0.0))) for text, log in tokens]
    yes = sum(chance for word, chance in chances if word == "yes")
    no = sum(chance for word, chance in chances if word == "no")
    if yes + no < LEAST_MASS:
        return None
    unlisted = max(1.0 - sum(chance for _, chance in chances), _ROUNDING)
    bound = min(unlisted, *(chance for _, chance in chances if chance > 0.0))
    return math.log(yes or bound) - math.log(no or bound)
