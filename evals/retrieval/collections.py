"""Public test collections with relevance judgements. Filled in when their sources are settled."""

from __future__ import annotations


class Unobtainable(Exception):
    pass


COLLECTIONS = ()
