"""Interviews as JSON objects, rows and terminal lines; reports are in `ui/report`. PURE: values in, text out.

The names in `played` are a contract that tools read; `CONTRACT` is its version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.events import Request
from agent.rewind import Comparison
from agent.scorecard import Scorecard
from agent.store import Entry
from agent.view import Turn, View
from knowledge.library import Library

CONTRACT = 1


def played(interview: str, view: View, card: Scorecard) -> dict[str, Any]:
    """One interview as a JSON object."""
    return {
        "contract": CONTRACT,
        "interview": interview,
        "setup": view.setup.model_dump(mode="json"),
        "transcript": {"turns": [_turn(turn) for turn in view.turns]},
        "scorecard": card.model_dump(mode="json"),
        "degraded": [event.model_dump(mode="json", exclude={"kind", "when"}) for event in view.degraded],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"n": turn.n, "who": turn.who, "text": turn.text, "at": round(turn.at, 2)}
    if turn.move is not None:
        names = {"kind", "stage", "point", "because"}
        row["move"] = turn.move.model_dump(mode="json", include=names)
    return row


def scored(card: Scorecard, compared: Comparison | None) -> dict[str, Any]:
    """A scorecard as a JSON object, with `rewind` beside its fields where there is one."""
    data = card.model_dump(mode="json")
    if compared is not None:
        parent = compared.parent.model_dump(mode="json", include={"interview", "turn", "when"})
        ended = {"ended": compared.ended, "parent_ended": compared.before.ended}
        data["rewind"] = {"parent": parent, **ended, "difference": compared.difference.model_dump(mode="json")}
    return data


def clock(minutes: float) -> str:
    """Virtual minutes as m:ss."""
    seconds = round(minutes * 60)
    return f"{seconds // 60}:{seconds % 60:02d}"


def rewind_line(interview: str, turn: int) -> str:
    """The mark of a rewind, in a few words."""
    return f"rewind of {interview} from turn {turn}"


def session_rows(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Interviews as plain rows."""
    return [
        {
            "id": entry.id,
            "problem": entry.problem,
            "level": entry.setup.level.value,
            "created": entry.created.isoformat(),
            "state": "done" if entry.ended else "open",
            "turns": entry.turns,
            "rewind_of": entry.parent.interview if entry.parent else None,
            "from_turn": entry.parent.turn if entry.parent else None,
        }
        for entry in entries
    ]


def status_line(view: View, library: Library) -> str:
    """Where the interview stands, for a prompt or a bar."""
    stage = library.stages[view.stage].title
    if view.setup.clock.value == "untimed":
        return f"{stage} · untimed"
    return f"{stage} · {clock(view.elapsed)} of {clock(view.setup.minutes)}"


COMMANDS = {
    "/hint": Request.HINT,
    "/repeat": Request.REPEAT,
    "/next": Request.NEXT,
    "/finish": Request.FINISH,
}
"""What a candidate can type in the terminal instead of an answer."""
