"""Where an answer waves its hands: a component without a reason, scale without a number, a cost dodged. PURE.

Each finding is a sentence that a pointed question can quote. Precision before recall: a question about something that
was in fact explained costs more trust than one that is not asked.
"""

from __future__ import annotations

import re

from agent.claims import rejects
from agent.depth import REASON
from agent.events import Press
from agent.inbound import is_instruction
from knowledge.cues import sentences

SHORT_WORDS = 12
"""Words up to which an answer is only a headline."""
COST_WORDS = 8
"""Words from which the answer to a question about a price is an answer at all."""

_COMPONENT = re.compile(
    r"\b(kafka|flink|spark|kinesis|pub/?sub|redis|cassandra|kubernetes|airflow|mlflow|ray|triton|feature store|"
    r"vector (database|store|db)|message (queue|bus)|event bus|data lake|knowledge graph|microservices?|"
    r"graph neural network|gnn|transformers?|bert|llm|large language model|reinforcement learning|bandit|autoencoder|"
    r"gan|deep (neural )?network|ensemble|multi-task (model|network)|two-tower( model)?)\b",
    re.IGNORECASE,
)
_SCALE = re.compile(
    r"\b(at scale|scales?( well| out| up| horizontally)?|scalable|handle (the |a lot of |that )?(load|traffic|requests|"
    r"volume)|high (throughput|traffic|volume)|low latency|huge (amounts?|volume|number)|massive|a lot of (users|data|"
    r"traffic|requests)|very (fast|quickly)|real.?time)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|"
    r"seconds?|minutes?)\b",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"\b(cost\w*|price|pay|lose|loss|slower|worse|downside|risk|less|fewer|expensive|trade|give up|miss|stale|delay|"
    r"more (work|expensive|latency|memory|compute)|complex\w*|harder|bias\w*|variance|at the expense|sacrific\w*|"
    r"drawback)\b",
    re.IGNORECASE,
)

_AS_GIVEN = re.compile(r"\W*(and |but |so |then )*(if|when|whenever|once|unless|until|while|should)\b", re.IGNORECASE)
"""Speaks of a component that is there, such as what happens when it fails."""


def waved(text: str, *, asked_for_cost: bool) -> tuple[Press, str] | None:
    """What to press on in an answer, with the words it is about, an exact substring; None when nothing is.

    `asked_for_cost` says that the question was about a trade-off.
    """
    said = [part for part in sentences(text) if not part.endswith("?") and not is_instruction(part)]
    words = len(text.split())
    if not said:
        return None
    if asked_for_cost and words >= COST_WORDS and not _PRICE.search(text) and not REASON.search(text):
        return Press.COST, said[0]
    if bare := _without_reason(said):
        return Press.REASON, _clause(bare, _COMPONENT)
    if not _QUANTITY.search(text) and (scaled := next((part for part in said if _SCALE.search(part)), None)):
        return Press.NUMBER, _clause(scaled, _SCALE)
    if words <= SHORT_WORDS and not REASON.search(text):
        return Press.MORE, said[0]
    return None


def _without_reason(said: list[str]) -> str | None:
    """The first sentence that brings in a component for which neither it nor its neighbours give a reason."""
    for number, part in enumerate(said):
        around = " ".join(said[max(0, number - 1) : number + 2])
        if _COMPONENT.search(part) and not _AS_GIVEN.match(part) and not rejects(part) and not REASON.search(around):
            return part
    return None


def _clause(sentence: str, about: re.Pattern[str]) -> str:
    """The clause that a pattern is found in."""
    return next((part.strip() for part in re.split(r"[,;:]", sentence) if about.search(part)), sentence)
