"""The interviewer's words. PURE: a move and a view in, plain text or a model's messages out.

Every move has plain words of its own, so an interview needs no model. Where there is one it phrases some kinds of move;
the messages are laid out for prefix caches: a constant system message, the brief, the conversation byte for byte as it
was shown, and last the answer with a short director's note that is not kept.
"""

from __future__ import annotations

import re
from typing import assert_never

from agent.board import GapKind, unconnected
from agent.clash import ClashKind, contradictions
from agent.conflicts import ConflictKind
from agent.events import Move, MoveKind, Preface, Press, SteerReason
from agent.models.port import Message
from agent.position import spoken
from agent.reply import OPENING_WORDS, REPLY_WORDS, Part, composed, word_count
from agent.view import View
from knowledge.cues import first_match
from knowledge.schema import Curveball, Stage, StageId
from prompts import Prompt

WORDED = frozenset({MoveKind.PROBE, MoveKind.DEEPEN, MoveKind.ADVANCE, MoveKind.CHALLENGE})
"""Kinds of move that a model may word. Facts, hints and curveballs are said as written: they must not drift."""
QUOTE_WORDS = 16
SHORTER_QUOTES = (QUOTE_WORDS, 12, 8, 5)
"""Most words of a quote, and what it is cut to where the reply has no room for it: set by hand."""
COMMITMENTS_KEPT = 8
_CLAUSE = re.compile(r"[^,;:]+")
_CONJUNCTION = re.compile(r"^(?:(?:and|but|so|then|well|okay|ok|now|also)\b,?\s+)+", re.IGNORECASE)

_STEERS: dict[SteerReason, tuple[str, ...]] = {
    SteerReason.UNREADABLE: ("I could not read that as text. Please put it in words.",),
    SteerReason.FOREIGN: ("I can only follow you in English. Please say that again in English.",),
    SteerReason.TOO_LONG: ("Let me stop you there, that was more than I can take in at once.",),
    SteerReason.BOARD: ("Your board leaves something open: what is not connected yet?",),
    SteerReason.WANTS_ANSWER: ("That is yours to decide.", "I would rather hear what you would do."),
    SteerReason.WANTS_SCORE: ("We keep feedback for the end.", "All of that comes after the interview."),
    SteerReason.INSTRUCTION: ("I run the interview and you do the design.", "Let us stay with the design."),
    SteerReason.NO_MORE_HINTS: ("I have no more to give you on this. Decide with what you have, or ask to move on.",),
    SteerReason.TRY_FIRST: (
        "Commit to a first version with what you have, then ask me again.",
        "Say what you would do with that first, however rough; then ask again.",
    ),
    SteerReason.REPEAT: ("Once more.", "I asked this."),
    SteerReason.SILENCE: ("Take your time.", "Say what you are sure of first."),
    SteerReason.RABBIT_HOLE: ("We have been there already.", "Let us leave that part as it is."),
}
_UNASKED = frozenset({SteerReason.NO_MORE_HINTS, SteerReason.TRY_FIRST})
"""Steers behind which the question is not said again: a hint was just given on it."""
_PRESSES: dict[Press, tuple[str, ...]] = {
    Press.REASON: ("What does that do for you here that something simpler would not?", "Why that, for this problem?"),
    Press.NUMBER: ("How much is that, roughly, in numbers?", "What number would you put on that, even a rough one?"),
    Press.COST: ("That is what it gives you. What does it cost you?", "And what do you pay for that?"),
    Press.MORE: ("Can you walk me through that?", "How does that work, one level deeper?", "How, concretely?"),
}
_PREFACES: dict[Preface, tuple[str, ...]] = {
    Preface.CONCEDED: ("Fair enough, I take that.", "All right, that settles my question."),
    Preface.NOTED: ("I hear you; let us leave it there.", "We see that differently; let us go on."),
    Preface.CORRECTED: (
        "So you put that differently now; I take the new version.",
        "Then I drop what you said first.",
    ),
    Preface.BRIEFLY: ("Let me come in here. Keep to the main line, and I will ask where I want more.",),
    Preface.TIME: ("I am watching the clock.", "In the interest of time.", "Let us keep moving."),
    Preface.ENOUGH: ("Let us leave that here.", "I will take that part as it is."),
    Preface.BACK: ("Let us go back a step.",),
    Preface.LEFT: ("We have some time left.", "There is time for something we passed over."),
}
_CONFLICTS: dict[ConflictKind, str] = {
    ConflictKind.PARTS_EXCEED_BUDGET: "What gives?",
    ConflictKind.RATE_BELOW_AVERAGE: "Which of the two do you size for?",
    ConflictKind.TIGHT_PER_ITEM: "What can you run in that time?",
    ConflictKind.LABELS_TOO_YOUNG: "What does the model learn from?",
    ConflictKind.RESTATED: "Which of the two holds?",
    ConflictKind.CHOSEN_ANEW: "Which is it?",
}
_GAPS: dict[GapKind, tuple[str, ...]] = {
    GapKind.UNWRITTEN: (
        "Nothing writes to {} on your board: what does?",
        "On your board, what fills {}, and from where?",
    ),
    GapKind.UNREAD: (
        "Nothing reads from {} on your board: what does?",
        "On your board, who reads what {} holds?",
    ),
    GapKind.UNFED: (
        "Nothing goes into {} on your board: what does it get as input?",
        "On your board, where does {} get its input from?",
    ),
    GapKind.WATCHES_NOTHING: (
        "On your board, what does {} watch?",
        "Nothing leads to {} on your board: what does it look at?",
    ),
    GapKind.ALONE: (
        "Nothing connects {} on your board: what does it exchange with the rest?",
        "On your board, how does {} connect to the rest?",
    ),
}
"""About a node of the board that lacks something. The question is one sentence, so that it can be repeated."""
_CLASHES: dict[ClashKind, tuple[str, ...]] = {
    ClashKind.BATCH_BUT_CALLED: (
        "You said “{}”, and on your board “{}” calls “{}”: when is a score made?",
        "You said “{}”, and your board has an arrow from “{}” to “{}”: what happens on it?",
    ),
    ClashKind.NO_CACHE_BUT_CACHE: (
        "You said “{}”, and “{}” on your board is a cache: what is it for?",
        "You said “{}”, and your board has the cache “{}”: which of the two holds?",
    ),
    ClashKind.ONE_MODEL_BUT_SEVERAL: (
        "You said “{}”, and your board has “{}” and “{}”: how do these go together?",
        "You said “{}”, and I see both “{}” and “{}” on your board: which of the two holds?",
    ),
}
_DECISIVE = ("cache", "caching", "batch", "nightly", "overnight", "every night", "precompute", "single", "one model")
"""What a sentence that the board contradicts is about (`clash.py`)."""
SAID_WORDS, LABEL_WORDS = 10, 4
"""Most words of a sentence and of a label that are quoted in a question about the board."""
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
    """What the interviewer says for this move without any model, within the limits of a reply."""
    return composed(*_parts(move, view, stages), words=_most_words(move, view))


def _most_words(move: Move, view: View) -> int:
    """A brief that is longer than any opening should be, as in a user's own problem, is read out whole all the same."""
    if move.kind is not MoveKind.OPEN:
        return REPLY_WORDS
    return max(OPENING_WORDS, word_count(f"{view.problem.brief} {_opening(view)[0]}"))


def _parts(move: Move, view: View, stages: dict[StageId, Stage]) -> tuple[Part, ...]:
    """What is said, in order; what matters less stands before what matters more."""
    match move.kind:
        case MoveKind.OPEN:
            return (view.problem.brief.strip(),), (_tell(move, view),), _opening(view)
        case MoveKind.TELL:
            return _told(move, view)
        case MoveKind.THROW_BACK:
            return ((_thrown_back(move, view),),)
        case MoveKind.HOLD:
            return ((_vary(_HOLDS, view),),)
        case MoveKind.STEER:
            return _steered(move, view)
        case MoveKind.HINT:
            return ((view.problem.point(move.point or "").hints[move.rung - 1],),)
        case MoveKind.CURVEBALL:
            return _curveball(move, view)
        case MoveKind.PROBE | MoveKind.DEEPEN | MoveKind.CHALLENGE | MoveKind.ADVANCE:
            preface = _vary(_PREFACES[move.preface], view) if move.preface else ""
            return (preface, ""), _recalled(move), (question(move, view, stages),)
        case MoveKind.CLOSE:
            return ((CLOSING,),)
        case MoveKind.DEBRIEF:
            return ((DEBRIEF,),)
    assert_never(move.kind)


def question(move: Move, view: View, stages: dict[StageId, Stage]) -> str:
    """The authored question that a worded move stands for."""
    if move.kind is MoveKind.ADVANCE and move.stage in view.entered:
        return f"What would you like to add on {stages[move.stage].title.lower()}?"
    if move.kind is MoveKind.ADVANCE:
        return view.problem.openers.get(move.stage, stages[move.stage].opener)
    if move.press:
        return _vary(_PRESSES[move.press], view)
    if move.conflict:
        return _CONFLICTS[ConflictKind(move.conflict)]
    if move.drawn is not None:
        return _contradicted(move, view)
    point = view.problem.point(move.point or "")
    if move.kind is MoveKind.DEEPEN:
        return point.trade_off
    if move.kind is MoveKind.CHALLENGE:
        return point.misconceptions[move.misconception or 0].challenge
    return point.probe


def clip(sentence: str, cues: tuple[str, ...], most: int = QUOTE_WORDS) -> str:
    """The clause of a sentence that a cue matches, at most `most` words, an exact substring."""
    clauses = [clause for match in _CLAUSE.finditer(sentence) if (clause := match[0].strip())]
    whole = clauses if clauses and len(sentence.split()) > QUOTE_WORDS else [sentence]
    aimed = next((c for c in whole if first_match(cues, c)), whole[0])
    aimed = _CONJUNCTION.sub("", aimed)
    words = list(re.finditer(r"\S+", aimed))
    return aimed[: words[min(len(words), most) - 1].end()].rstrip(".,;:!") if words else ""


def last_question(view: View) -> str:
    """The last question asked, on its own; empty when none is open."""
    for turn in reversed(view.turns):
        if turn.who == "interviewer" and "?" in turn.text:
            return re.split(r"(?<=[.!?])\s+", turn.text[: turn.text.rindex("?") + 1])[-1]
    return ""


def _opening(view: View) -> Part:
    """Asks where to start, unless the brief asks already."""
    minutes = f"We have {view.setup.minutes:g} minutes" if view.setup.clock.value != "untimed" else "There is no clock"
    invited = f"{minutes}, and you drive."
    return f"{invited} Where would you like to start?", invited


def _tell(move: Move, view: View) -> str:
    return " ".join(view.problem.fact(fact).tell for fact in move.facts)


def _told(move: Move, view: View) -> tuple[Part, ...]:
    back = view.problem.fact(move.back).throw_back if move.back else ""
    rest = _vary(_REST[move.rest], view) if move.rest else ""
    return (_tell(move, view),), (rest, ""), (back or "",)


def _thrown_back(move: Move, view: View) -> str:
    if move.facts:
        return view.problem.fact(move.facts[0]).throw_back or ""
    if move.steer is SteerReason.REPEAT:
        return f"{_vary(_REST['open'], view)} {_steered(move, view)}"
    if move.steer:
        return f"{_vary(_STEERS[move.steer], view)} {_vary(_REST['open'], view)}"
    return _vary(_ASSUME, view)


def _recalled(move: Move) -> Part:
    """What was said, where the question is about its very words."""
    if move.conflict:
        earlier, later = _quotes(move.earlier), _quotes(move.quote)
        reckoned = f": {move.sum}" if move.sum else ""
        return tuple(f"You said {one}, and {other}{reckoned}." for one, other in zip(earlier, later, strict=True))
    if move.press and move.press is not Press.COST:
        return tuple(f"You said {quote}." for quote in _quotes(move.quote))
    return ("",)


def _quotes(sentence: str | None, cues: tuple[str, ...] = ()) -> Part:
    """A quote in its lengths. A question mark in it would make a second question."""
    return tuple(f"“{clip(sentence or '', cues, most).replace('?', '…')}”" for most in SHORTER_QUOTES)


def _steered(move: Move, view: View) -> tuple[Part, ...]:
    """With the open question again. Where both are too long, the steer alone; asked to repeat, the question alone."""
    reason = move.steer or SteerReason.REPEAT
    if reason is SteerReason.BOARD:
        return ((_asked_of_the_board(move, view),),)
    words = _vary(_STEERS[reason], view)
    if reason in _UNASKED:
        return ((words,),)
    again = last_question(view)
    return ((words, ""), (again,)) if again and reason is SteerReason.REPEAT else ((words,), (again, ""))


def _asked_of_the_board(move: Move, view: View) -> str:
    gap = next((gap for gap in unconnected(view.board) if gap.node.name == move.node), None)
    if gap is None:
        return _vary(_STEERS[SteerReason.BOARD], view)
    return _vary(_GAPS[gap.kind], view).format(f"“{_first(LABEL_WORDS, gap.node.label)}”")


def _contradicted(move: Move, view: View) -> str:
    said = _first(SAID_WORDS, clip(move.quote or "", _DECISIVE))
    found = contradictions(view.board, view.commitments, spoken(view))
    clash = next((clash for clash in found if clash.said == move.quote), None)
    if clash is None:
        return f"You said “{said}”: does your board say the same?"
    labels = (_first(LABEL_WORDS, label) for label in clash.nodes)
    return _vary(_CLASHES[clash.kind], view).format(said, *labels)


def _first(most: int, words: str) -> str:
    """At most so many words, without marks that would end a sentence."""
    plain = re.sub(r"\.+(?=\s|$)", "", re.sub(r"[?!]", "", words)).split()
    return " ".join(plain[:most]) + ("…" if len(plain) > most else "")


def _curveball(move: Move, view: View) -> tuple[Part, ...]:
    ball: Curveball = next(b for b in view.problem.curveballs if b.id == move.curveball)
    said = tuple(f"You said {quote}." for quote in _quotes(move.quote, ball.targets))
    return said, (f"{ball.change} {ball.question}",)


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
