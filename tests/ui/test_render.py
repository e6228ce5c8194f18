"""What a report says beyond its marks."""

from __future__ import annotations

from agent.events import Depth, Said
from agent.scorecard import Scoring
from knowledge.library import Library
from tests.factory import Talk, shown
from tests.ui.reports import report_of
from ui.report.contents import reading


def test_the_notes_behind_what_stayed_open_are_named_once_and_no_others(library: Library, scoring: Scoring) -> None:
    talk = Talk(library, problem="payment-fraud-detection")
    first = talk.answer("We could look at the payments and sort them.")
    assert first is not None
    talk.answer("Here it is.", shown(first.point or "", quote="Here it is.", depth=Depth.JUSTIFIED))
    second = talk.last
    assert second.point not in {None, first.point}
    planned = {source for task in report_of(talk, scoring).review.plan for source in task.reading}
    other = next(note for note in library.notes if note not in planned)
    notes = {first.point: ("drift#what-it-is",), second.point: (f"{other}#what-it-is", f"{other}#trade-offs")}
    talk.events = [
        event.model_copy(update={"passages": notes.get(event.move.point, ())}) if isinstance(event, Said) else event
        for event in talk.events
    ]
    assert reading(report_of(talk, scoring)) == (library.title(other),)
