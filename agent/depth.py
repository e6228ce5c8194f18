"""How deep a sentence goes: named, explained or justified. PURE.

From what kinds of word it has, never from how many: no score may move by length.
"""

from __future__ import annotations

import re

from agent.events import Depth

LIST_COMMAS = 5
"""Commas from which a sentence without a reason is taken for an enumeration."""

REASON = re.compile(
    r"\b(because|since|so that|otherwise|which means|that way|the reason|due to|trade-?off|at the (cost|price|expense)|"
    r"downside|in exchange|rather than|instead of|worth (it|the)|the catch|the risk|the problem with|as long as|unless|"
    r"even though|while|if (we|i|you) (did|do|don['’]?t|only|just)|"
    r"would(n['’]t)? (break|leak|bias|hurt|miss|cost|punish|reward|inflate|drown|teach|look|annoy|lose|never))\b",
    re.IGNORECASE,
)
_MECHANISM = re.compile(
    r"\b(by|using|via|from|per|with|within|into|every|each|when|after|before|then|until|against|over the (last|past)|"
    r"(?<!^)so|which|where|only if|not (by|just|only))\b|\d[\d.,%]*|:",
    re.IGNORECASE,
)
_LEANS_BACK = re.compile(
    r"\W*(that|this|it|its|they|these|those|because|otherwise|since|so|if not|without)\b", re.IGNORECASE
)


def depth(sentence: str, after: str = "") -> Depth:
    """How deep a sentence goes, from what kinds of word it has, never from how many.

    A reason or trade-off in it, or in a sentence after it that leans back on it ("That ..."), justifies; a marker of
    how something works explains; a bare mention or an enumeration names.
    """
    if sentence.count(",") >= LIST_COMMAS and not REASON.search(sentence):
        return Depth.NAMED
    if REASON.search(sentence) or (_LEANS_BACK.match(after) and REASON.search(after)):
        return Depth.JUSTIFIED
    return Depth.EXPLAINED if _MECHANISM.search(sentence) else Depth.NAMED
