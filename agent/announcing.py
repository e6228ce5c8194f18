"""Which stage an utterance says it goes on to: "Now the features, ...", "Could we talk about serving?" PURE."""

from __future__ import annotations

import re

from knowledge.cues import sentences
from knowledge.schema import StageId

_NAMES = {
    StageId.CLARIFY: r"requirements?|clarif\w+",
    StageId.FRAME: r"frame|(?:problem )?(?:framing|formulation)|(?:ml|machine learning) (?:problem|task|objective)",
    StageId.DATA: r"(?:training )?(?:data(?:set)?|labels?|examples)",
    StageId.FEATURES: r"features?(?: engineering)?|signals|inputs",
    StageId.MODEL: r"(?:actual )?model(?:l?ing)?(?: itself| choice| architecture)?|architecture",
    StageId.EVALUATE: r"(?:offline |online )?(?:evaluat(?:e|ion|ing)|metrics?|experiments?|testing|validation)",
    StageId.SERVE: r"(?:online )?(?:serve|serving|deployment|deploying(?: it)?|inference)",
    StageId.MONITOR: r"(?:the )?(?:monitor(?:ing)?|operations?|maintenance|running it|life after launch)",
    StageId.WRAP: r"(?:wrap|wrapping|summing) ?-?(?:it |things )?up|wrap",
}
_NAME = "|".join(f"(?P<{stage.value}>{names})" for stage, names in _NAMES.items())
_LEAD = (
    r"(?:(?:so|now|then|ok(?:ay)?|al+ ?right|right|and|next|well|good|sure|yes|finally|lastly|second|third)\b[\s,:.!]*)"
)
_ON = (
    r"(?:as for|for|on to|onto|on|in|about|regarding|concerning|in terms of|when it comes to|next (?:is|comes|up is)|"
    r"(?:that|this|which) (?:brings|leads|gets) (?:me|us) to|(?:moving|going|turning|coming|switching)(?: on)? to)"
)
_GO = (
    r"(?:(?:shall|can|could|should|may) (?:we|i)(?: please)?|let(?: me|'s| us)|(?:i|we)(?:'d| would|'ll| will)?"
    r"(?: like to| want to| rather| prefer to| now)?)(?: now)? "
    r"(?:go|move|turn|jump|switch|come|get|skip|talk|speak|return)(?: on| over| ahead| straight| back)?(?: now)? "
    r"(?:to|about|with|into)"
)
_BEGIN = r"(?:let me|i(?:'d| would|'ll| will)?) (?:start|begin) with"
_SIDE = r"(?: (?:side|part|stage|piece|question|path))?"
_ENDS = r"(?=\s*(?:[,.:;?!\-–—]|$|(?:then|now|next|first|please|i|we|i'd|i've|i'll|we'd|we've|we'll)\b))"
_ANNOUNCES = re.compile(
    rf"^\W*(?:{_LEAD}+(?:{_ON} |{_GO} )?|{_ON} |{_GO} |{_BEGIN} |(?=\w+:))(?:the |my |our )?(?:{_NAME}){_SIDE}{_ENDS}",
    re.IGNORECASE,
)
_FRAMES = re.compile(
    rf"^\W*{_LEAD}*(?:i|we)(?:'d| would|'ll| will| can)? (?:frame|formulate|cast) (?:it|this|that|the problem)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(rf"\b{_GO} (?:the |my |our )?(?:{_NAME})\b", re.IGNORECASE)


def announced(text: str) -> StageId | None:
    """The stage that the last such words of an utterance go on to; None without any."""
    return next((stage for stage in map(_named, reversed(_parts(text))) if stage), None)


def words_there(text: str) -> int:
    """Words from that announcement to the end, its own included; 0 without any."""
    parts = _parts(text)
    at = max((index for index, part in enumerate(parts) if _named(part)), default=len(parts))
    return len(" ".join(parts[at:]).split())


def _parts(text: str) -> tuple[str, ...]:
    return sentences(text.replace("’", "'"))


def _named(sentence: str) -> StageId | None:
    match = _ANNOUNCES.match(sentence)
    if match and match.lastgroup:
        return StageId(match.lastgroup)
    return StageId.FRAME if _FRAMES.match(sentence) else None


def asks_for_stage(sentence: str) -> bool:
    """Whether a sentence asks to go to a stage by its name."""
    return bool(_ASKS.search(sentence.replace("’", "'")))
