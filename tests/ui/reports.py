"""Reports of interviews that are in no store."""

from __future__ import annotations

from collections.abc import Sequence

from agent.events import Event
from agent.review import review
from agent.scorecard import Scoring
from agent.scoring import score
from agent.view import View
from knowledge.library import Library
from tests.agent.script import Script
from tests.factory import Talk, tiny_library
from ui.report.contents import Report


def report_of(talk: Talk, scoring: Scoring, page: str = "") -> Report:
    return _report(talk.events, talk.view, talk.library, scoring, page)


def scripted(script: Script, scoring: Scoring) -> Report:
    return _report(script.events, script.view, tiny_library(), scoring)


def _report(events: Sequence[Event], view: View, library: Library, scoring: Scoring, page: str = "") -> Report:
    card = score(view, scoring, library.stages)
    return Report(
        interview="abc",
        events=tuple(events),
        view=view,
        card=card,
        library=library,
        scoring=scoring,
        review=review(view, card, scoring, library.stages),
        comparison=None,
        version="test",
        page=page,
    )
