"""Looks up what a rewind came from, and sets the two beside each other. Reads through the interviewer; no wording."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from agent.errors import HotseatError
from agent.interviewer import Interviewer
from agent.rewind import Comparison, difference
from agent.view import View


def compared(interviewer: Interviewer, view: View) -> Comparison | None:
    """None for an interview that is no rewind, and where its parent cannot be read any more."""
    if view.parent is None:
        return None
    try:
        before = interviewer.view(view.parent.interview)
    except HotseatError:
        return None
    found = difference(interviewer.score(before), interviewer.score(view))
    return Comparison(view.parent, found, view.ended, before)


async def settle(
    interviewer: Interviewer, interview: str, progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Settles an interview, and the parent of a rewind: what they share must not differ by who read it."""
    await interviewer.settle(interview, progress)
    parent = interviewer.view(interview).parent
    if parent is not None:
        with suppress(HotseatError):
            await interviewer.settle(parent.interview, progress)
