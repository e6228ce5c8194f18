"""The interviews that are over, graded anew from their stored events. I/O; no embedding, no model."""

from __future__ import annotations

from collections.abc import Mapping

from agent.errors import HotseatError, StoreError
from agent.events import Ended, Event
from agent.interviewer import Interviewer
from agent.transcript import fold, setup_of, started_of
from agent.weak import Past


def past_interviews(interviewer: Interviewer, owner: str) -> tuple[list[Past], list[str]]:
    """The owner's ended interviews, oldest first, and one line for each that cannot be read or graded."""
    entries, lines = interviewer.store.listing(owner)
    stored: dict[str, list[Event]] = {}
    for entry in entries:
        try:
            stored[entry.id] = interviewer.store.events(entry.id)
        except HotseatError as error:
            lines.append(str(error))
    rewound = {id_: started_of(events).parent for id_, events in stored.items()}
    parents = {id_: parent.interview for id_, parent in rewound.items() if parent}
    past = []
    for id_, events in stored.items():
        ended = next((event for event in events if isinstance(event, Ended)), None)
        if ended is None:
            continue
        try:
            past.append(_past(interviewer, id_, events, ended, _origin(id_, parents)))
        except HotseatError as error:
            lines.append(f"Interview {id_} is left out: {error}")
    return sorted(past, key=lambda one: (one.when, one.id)), lines


def _past(interviewer: Interviewer, interview: str, events: list[Event], ended: Ended, origin: str) -> Past:
    try:
        view = fold(events, interviewer.problem(setup_of(events).problem))
    except ValueError as error:
        raise StoreError(f"its events do not fit together: {error}.") from None
    return Past(interview, ended.when, origin, view.problem, view.setup.level, interviewer.score(view))


def _origin(interview: str, parents: Mapping[str, str]) -> str:
    """The interview at the beginning of a chain of rewinds."""
    seen = {interview}
    while (parent := parents.get(interview)) and parent not in seen:
        interview = parent
        seen.add(parent)
    return interview
