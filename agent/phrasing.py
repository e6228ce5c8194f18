"""The interviewer's words. PURE: a move and a view in, plain text or a model's messages out.

Every move has plain words of its own, so an interview needs no model. Where there is one it phrases some kinds of move;
the messages are laid out for prefix caches: a constant system message, the brief, the conversation byte for byte as it
was shown, and last the answer with a short director's note that is not kept.
"""

from __future__ import annotations

import re
from typing import assert_never

from agent.events import Move, MoveKind, SteerReason
from agent.models.port import Message
from agent.view import View
from knowledge.cues import first_match
from knowledge.schema import Curveball, Stage, StageId
from prompts import Prompt

WORDED = frozenset({MoveKind.PROBE, MoveKind.DEEPEN, MoveKind.ADVANCE, MoveKind.CHALLENGE})
"""Kinds of move that a model may word. Facts, hints and curveballs are said as written: they must not drift."""
QUOTE_WORDS = 16
COMMITMENTS_KEPT = 8
_CLAUSE = re.compile(r"[^,;:]+")
_CONJUNCTION = re.compile(r"^(?:(?:and|but|so|then|well|okay|ok|now|also)\b,?\s+)+", re.IGNORECASE)

_STEERS: dict[SteerReason, tuple[str, ...]] = {
    SteerReason.UNREADABLE: ("I could not read that as text. Please put it in words.",),
    SteerReason.FOREIGN: ("I can only follow you in English. Please say that again in English.",),
    SteerReason.TOO_LONG: ("Let me stop you there, that was more than I can take in at once.",),
    SteerReason.WANTS_ANSWER: ("That is yours to decide.", "I would rather hear what you would do."),
    SteerReason.WANTS_SCORE: ("We keep feedback for the end.", "All of that comes after the interview."),
    SteerReason.INSTRUCTION: ("I run the interview and you do the design.", "Let us stay with the design."),
    SteerReason.NO_MORE_HINTS: ("I have no more to give you on this. Decide with what you have, or ask to move on.",),
    SteerReason.REPEAT: ("Once more.", "I asked this."),
    SteerReason.SILENCE: ("Take your time.", "Say what you are sure of first."),
    SteerReason.OFF_TOPIC: ("Let us come back to the design.",),
}
_HOLDS = ("Go on.", "Take your time.", "Carry on.")
_ASSUME = (
    "I have no figure for that. Make an assumption and say why it is reasonable.",
    "Assume what you think is realistic, and tell me what it is.",
    "That is open. Pick something sensible and state it.",
)
_REST = {
    "more": ("The rest when you need it.", "More on the rest when you get there."),
    "open": ("Assume the rest.", "For anything else, assume something sensible.", "The rest is yours to assume."),
}
CLOSING = (
    "That is where we stop. Before I give any feedback: how do you think it went, and what would you do differently "
    "with another hour?"
)
DEBRIEF = "Thank you. That is the end of the interview. Your scorecard is ready, and every mark in it quotes you."


def plain(move: Move, view: View, stages: dict[StageId, Stage]) -> str:
    """What the interviewer says for this move without any model."""
    match move.kind:
        case MoveKind.OPEN:
            return f"{view.problem.brief} {_opening(view)}"
        case MoveKind.TELL:
            return _told(move, view)
        case MoveKind.THROW_BACK:
            return _thrown_back(move, view)
        case MoveKind.HOLD:
            return _vary(_HOLDS, view)
        case MoveKind.STEER:
            return _steered(move, view)
        case MoveKind.HINT:
            return view.problem.point(move.point or "").hints[move.rung - 1]
        case MoveKind.CURVEBALL:
            return _curveball(move, view)
        case MoveKind.PROBE | MoveKind.DEEPEN | MoveKind.CHALLENGE | MoveKind.ADVANCE:
            return _before(move, view) + question(move, view, stages)
        case MoveKind.CLOSE:
            return CLOSING
        case MoveKind.DEBRIEF:
            return DEBRIEF
    assert_never(move.kind)


def question(move: Move, view: View, stages: dict[StageId, Stage]) -> str:
    """The authored question that a worded move stands for."""
    if move.kind is MoveKind.ADVANCE:
        return view.problem.openers.get(move.stage, stages[move.stage].opener)
    point = view.problem.point(move.point or "")
    if move.kind is MoveKind.DEEPEN:
        return point.trade_off
    if move.kind is MoveKind.CHALLENGE:
        return point.misconceptions[move.misconception or 0].challenge
    return point.probe


def clip(sentence: str, cues: tuple[str, ...]) -> str:
    """The clause of a sentence that a cue matches, at most `QUOTE_WORDS` words, an exact substring."""
    clauses = [clause for match in _CLAUSE.finditer(sentence) if (clause := match[0].strip())]
    whole = clauses if clauses and len(sentence.split()) > QUOTE_WORDS else [sentence]
    aimed = next((c for c in whole if first_match(cues, c)), whole[0])
    aimed = _CONJUNCTION.sub("", aimed)
    words = list(re.finditer(r"\S+", aimed))
    return aimed[: words[min(len(words), QUOTE_WORDS) - 1].end()].rstrip(".,;:!") if words else ""


def last_question(view: View) -> str:
    """The last question asked, on its own; empty when none is open."""
    for turn in reversed(view.turns):
        if turn.who == "interviewer" and "?" in turn.text:
            return re.split(r"(?<=[.!?])\s+", turn.text[: turn.text.rindex("?") + 1])[-1]
    return ""


def _opening(view: View) -> str:
    minutes = f"We have {view.setup.minutes:g} minutes" if view.setup.clock.value != "untimed" else "There is no clock"
    return f"{minutes}, and you drive. Where would you like to start?"


def _told(move: Move, view: View) -> str:
    told = " ".join(view.problem.fact(fact).tell for fact in move.facts)
    if move.back:
        return f"{told} {view.problem.fact(move.back).throw_back}"
    return f"{told} {_vary(_REST[move.rest], view)}" if move.rest else told


def _thrown_back(move: Move, view: View) -> str:
    if move.facts:
        return view.problem.fact(move.facts[0]).throw_back or ""
    return _vary(_ASSUME, view)


def _before(move: Move, view: View) -> str:
    if move.kind is MoveKind.ADVANCE and move.stage.rank < view.stage.rank:
        return "Let us go back a step. "
    if move.kind is MoveKind.ADVANCE and "limit" in move.because:
        return "Let us keep moving. "
    return ""


def _steered(move: Move, view: View) -> str:
    reason = move.steer or SteerReason.OFF_TOPIC
    words = _vary(_STEERS[reason], view)
    return words if reason is SteerReason.NO_MORE_HINTS else f"{words} {last_question(view)}".strip()


def _curveball(move: Move, view: View) -> str:
    ball: Curveball = next(b for b in view.problem.curveballs if b.id == move.curveball)
    return f"You said “{clip(move.quote or '', ball.targets)}”. {ball.change} {ball.question}"


def _vary(choices: tuple[str, ...], view: View) -> str:
    """One of several wordings, by turn, so that a transcript can be replayed."""
    return choices[(len(view.turns) // 2) % len(choices)]


# --- messages for a model --------------------------------------------------------------------------------------------


def messages(view: View, note: str, system: Prompt) -> list[Message]:
    """The conversation for a model, with `note` fenced behind the last answer.

    The candidate's text cannot close the fence: angle brackets in it are replaced by look-alikes.
    """
    conversation = [Message("system", system.render())]
    for turn in view.turns:
        if turn.who == "interviewer":
            conversation.append(Message("assistant", turn.text))
        else:
            conversation.append(Message("user", fenced(turn.text)))
    if conversation[1:2] and conversation[1].role == "assistant":
        conversation.insert(1, Message("user", "I am ready."))
    if conversation[-1].role != "user":
        conversation.append(Message("user", "…"))
    last = conversation.pop()
    return [*_alternating(conversation), Message("user", f"{last.content}\n<note>{note}</note>")]


def last_exchange(view: View, note: str, system: Prompt) -> list[Message]:
    """The interviewer's last words and the answer alone: all that an acknowledgement is about.

    A small model that is given more recalls old answers, and on two cores the whole conversation takes ten seconds to
    read where this takes two.
    """
    asked = next((turn.text for turn in reversed(view.turns) if turn.who == "interviewer"), "")
    return [
        Message("system", system.render()),
        Message("user", "I am ready."),
        Message("assistant", asked),
        Message("user", f"{fenced(view.latest.text)}\n<note>{note}</note>"),
    ]


def left_out(view: View) -> str:
    """What stands in for turns that do not fit into a model's window: what the candidate decided in them."""
    made = [clip(one.quote, ()) for one in view.commitments if one.kind == "decision"][:COMMITMENTS_KEPT]
    return fenced(f"(Earlier turns are left out. Decided so far: {'; '.join(made) or 'nothing'}.)")


def fenced(text: str) -> str:
    """Candidate text as it may stand inside a prompt."""
    return text.replace("<", "‹").replace(">", "›")


def _alternating(conversation: list[Message]) -> list[Message]:
    """Strict alternation, which some chat templates demand: neighbours of one role are joined."""
    merged: list[Message] = []
    for message in conversation:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].content}\n{message.content}")
        else:
            merged.append(message)
    return merged
