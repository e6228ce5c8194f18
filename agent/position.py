"""What the policy asks about a position: which stage it is in, what may be hinted, which facts were asked for. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Literal

from agent.announcing import words_there
from agent.board import changed
from agent.clock import Schedule, heard
from agent.events import ClockKind, Mode, Move, MoveKind, Style
from agent.reply import REPLY_WORDS, word_count
from agent.trying import tries
from agent.view import TOUCHED, View
from knowledge.cues import first_match, sentences
from knowledge.schema import Fact, Point, StageId

TOP_RUNG = {Mode.INTERVIEW: 2, Mode.PRACTICE: 3}
LAST_RUNG = 3
"""Gives part of the answer away, so it is due only to who has committed to something since the point came up."""
TELL_WORDS = 40
"""Facts are told until they fill this many words, fewer beside a question that is thrown back; so a reply has room for
what is said of the rest, which can be asked for again."""
BRIEFED_WORDS = 75
"""A brief and a fact told with it take at most this: set by hand, so that an opening keeps to `OPENING_WORDS`."""
STRAY_WORDS = 25
"""Words from which an answer about an earlier stage is a rabbit hole and not an aside."""
PROBES_PER_STAGE = {Style.HANDS_OFF: 3, Style.DRIVER: 5}
SAID_POINTS = 2
"""Points of a stage shown before it was entered from which its opening question is passed over."""
TIME_LEFT = 0.75
"""Share of the time until which an interview goes back to what was left out, rather than end early."""
HEAVY = 2
"""Least weight of a point that is worth going back for."""
THERE_WORDS = 12
"""Words from the name of a stage on from which its candidate is there, whether or not any point was heard."""
FOLLOWED = 0.6
"""Summed probability by which the next stage must outweigh the present one for the candidate to be followed there."""


def timed(view: View) -> bool:
    return view.setup.clock is not ClockKind.UNTIMED


def spoken(view: View) -> tuple[tuple[int, str], ...]:
    """All sentences of the candidate so far, with their turns."""
    answers = (turn for turn in view.turns if turn.who == "candidate")
    return tuple((turn.n, sentence) for turn in answers for sentence in sentences(heard(turn.text)))


def required(view: View, point: Point) -> bool:
    """Whether the target level is expected to show the point."""
    return point.level.rank <= view.setup.level.rank


def by_weight(points: Iterator[Point] | list[Point]) -> list[Point]:
    """Heaviest first; equal weights in the order of the level, then of the file."""
    return sorted(points, key=lambda p: (-p.weight, p.level.rank))


def stage_now(view: View) -> StageId:
    """The stage to be in now: a candidate who went on to a later one with substance is followed there.

    Substance is the sum of the probabilities of what the answer shows or clearly touches. The next stage may be entered
    directly, one further off only when something was shown of every stage between; what is jumped over comes later.
    Who says where they go ("Now the features, ...") is followed there when the answer touches anything of it, or
    goes on at some length.
    """
    if not view.latest.turn or view.latest.request:
        return view.stage
    named = view.latest.inbound.goes_to
    if named and named.rank > view.stage.rank and _touches(view, named):
        return named
    substance = dict.fromkeys(StageId, 0.0)
    for cell in view.turns[view.latest.turn - 1].cells:
        if cell.state == "shown" or (cell.state == "unsure" and cell.probability >= TOUCHED):
            substance[view.problem.stage_of(cell.point)] += cell.probability
    reached = {view.problem.stage_of(point) for point in view.shown}
    ahead = [s for s in StageId if s.rank > view.stage.rank and substance[s] >= substance[view.stage] + FOLLOWED]
    for stage in sorted(ahead, key=lambda s: substance[s], reverse=True):
        if reached.issuperset(s for s in StageId if view.stage.rank < s.rank < stage.rank):
            return stage
    return view.stage


def _touches(view: View, stage: StageId) -> bool:
    """Whether the latest answer may show anything of a stage that it names, or says more than its name.

    Wrapping up has nothing to show.
    """
    cells = view.turns[view.latest.turn - 1].cells
    if stage is not StageId.WRAP and words_there(view.latest.text) >= THERE_WORDS:
        return True
    return any(view.problem.stage_of(cell.point) is stage for cell in cells)


def stage_after(view: View, schedule: Schedule, wanted: StageId | None = None) -> StageId | None:
    """The stage that is wanted, also one entered before, else the first in order that never was; None without any.

    Not the present one, none whose time is over, and none of which everything was said in passing.
    """
    now = stage_now(view)
    late = {stage for stage in StageId if timed(view) and view.elapsed >= schedule.hard(stage)}
    if wanted and wanted is not now and wanted not in late:
        return wanted
    done = {now, *view.entered} | late
    ahead = (stage for stage in StageId if stage not in done)
    return next((stage for stage in ahead if not mostly_said(view, stage) or askable(view, stage)), None)


def mostly_said(view: View, stage: StageId) -> bool:
    """Whether so much of a stage was said in passing that its opening question would ask for it again."""
    said = sum(point.id in view.shown for point in view.problem.stages[stage])
    return stage is not StageId.WRAP and said >= SAID_POINTS


def askable(view: View, stage: StageId) -> list[Point]:
    """Points of a stage that the level looks for, that nothing shows and nobody asked about, what was skipped first."""
    shown = view.shown
    open_ = [
        p for p in view.problem.stages[stage] if p.id not in shown and p.id not in view.rungs and required(view, p)
    ]
    missed = by_weight(p for p in open_ if p.id not in view.unsure)
    return [*missed, *by_weight(p for p in open_ if p.id in view.unsure)]


def worth_another_look(view: View, schedule: Schedule) -> StageId | None:
    """The stage with most left to ask, where the candidate is still giving and much of the time is left; or None."""
    if not timed(view) or view.elapsed >= TIME_LEFT * view.setup.minutes or view.dry or view.stalls:
        return None
    now = stage_now(view)
    seen = [s for s in StageId if s not in {now, StageId.WRAP} and view.elapsed < schedule.hard(s)]
    heavy = {s: sum(p.weight for p in askable(view, s) if p.weight >= HEAVY) for s in seen if probes_left(view, s)}
    return max(heavy, key=lambda s: heavy[s], default=None) if any(heavy.values()) else None


def probes_left(view: View, stage: StageId) -> bool:
    """Whether the style allows another probe in a stage."""
    asked = sum(m.kind is MoveKind.PROBE and m.stage is stage for m in view.moves)
    return asked < PROBES_PER_STAGE[view.setup.style]


def strayed(view: View) -> bool:
    """Whether the latest answer speaks at length and all of it is about stages before the one that was asked about."""
    if len(view.latest.text.split()) < STRAY_WORDS:
        return False
    cells = view.turns[view.latest.turn - 1].cells
    stages = [view.problem.stage_of(c.point) for c in cells if c.state == "shown" or c.probability >= TOUCHED]
    return bool(stages) and all(StageId.CLARIFY.rank < stage.rank < view.stage.rank for stage in stages)


def monologue(view: View, words: int) -> bool:
    """Whether the last two answers each ran past this many words."""
    said = [turn for turn in view.turns if turn.who == "candidate"][-2:]
    return len(said) == 2 and all(len(turn.text.split()) > words for turn in said)


def steered_twice(view: View) -> bool:
    """Whether the last two moves were steers: a third would be a loop, so the interview goes on instead."""
    return len(view.moves) >= 2 and all(move.kind is MoveKind.STEER for move in view.moves[-2:])


def hintable(view: View) -> Point | None:
    """The point to give a hint on: the one asked last while it is open, else the heaviest open one of the stage.

    None while the last rung waits to be tried, and while the point asked last has one that is not due.
    """
    if untried(view) or withheld(view):
        return None
    last = _asked_last(view)
    queue = [point for point in view.problem.points if last and point.id == last.point]
    queue += by_weight([p for p in view.problem.stages[stage_now(view)] if required(view, p)])
    return next((p for p in queue if p.id not in view.shown and next_rung(view, p)), None)


def withheld(view: View) -> bool:
    """Whether the point asked last is open and its ladder has a rung that is not due yet."""
    last = _asked_last(view)
    if last is None or last.point is None or last.point in view.shown:
        return False
    point = view.problem.point(last.point)
    return _rung_above(view, point) is not None and next_rung(view, point) is None


def untried(view: View) -> bool:
    """Whether the last question of the stage was a hint, and nothing was tried since."""
    last = _asked_last(view)
    return last is not None and last.kind is MoveKind.HINT and not _tried_since(view, last)


def _asked_last(view: View) -> Move | None:
    """The last probe or hint of the stage."""
    kinds = {MoveKind.PROBE, MoveKind.HINT}
    stage = stage_now(view)
    return next((m for m in reversed(view.moves) if m.stage is stage and m.kind in kinds), None)


def next_rung(view: View, point: Point) -> int | None:
    """The rung that is due on a point, one above the last; None when there is none.

    Above the first one something must have been tried since the last, for the last rung also decided.
    """
    rung = _rung_above(view, point)
    given = [m for m in view.moves if m.kind is MoveKind.HINT and m.point == point.id]
    if rung is None or (given and not _tried_since(view, given[-1])):
        return None
    return rung if rung < LAST_RUNG or _committed_since(view, point) else None


def _rung_above(view: View, point: Point) -> int | None:
    """The rung above the last that was given on a point, due or not; None at the top of the ladder."""
    given = [m.rung for m in view.moves if m.kind is MoveKind.HINT and m.point == point.id]
    rung = max(given, default=0) + 1
    return rung if rung <= TOP_RUNG[view.setup.mode] else None


def _tried_since(view: View, move: Move) -> bool:
    """Whether the candidate tried anything after a move: said it, or drew it."""
    made = max(index for index, turn in enumerate(view.turns) if turn.move == move)
    answers = ((before, turn) for before, turn in pairwise(view.turns[made:]) if turn.who == "candidate")
    return any(tries(turn.text) or changed(before.board, turn.board) for before, turn in answers)


def _committed_since(view: View, point: Point) -> bool:
    """Whether the candidate decided anything after the point was first asked about."""
    first = next((turn.n for turn in view.turns if turn.move and turn.move.point == point.id), None)
    return first is not None and any(made.kind == "decision" and made.turn > first for made in view.commitments)


def what_remains(
    asked_for: list[Fact], told: list[Fact], back: Fact | None, questions: tuple[str, ...]
) -> Literal["", "more", "open"]:
    """What remains of the questions: facts that did not fit, questions that no fact answers, or nothing.

    Who gets a question thrown back hears no "assume the rest" beside it: it says as much.
    """
    if len(told) + bool(back) < len(asked_for):
        return "more"
    return "open" if not back and len(questions) > len(told) else ""


def fitting(facts: list[Fact], back: Fact | None = None) -> list[Fact]:
    """As many as fit into one reply, beside the question that is thrown back; at least one."""
    room = _room(back)
    words = list(accumulate(word_count(fact.tell) for fact in facts))
    return [fact for fact, total in zip(facts, words, strict=True) if total <= room] or facts[:1]


def fits_beside(fact: Fact, back: Fact) -> bool:
    """Whether one reply can tell a fact and throw another back."""
    return word_count(fact.tell) <= _room(back)


def _room(back: Fact | None) -> int:
    """Words for facts in a reply."""
    return min(TELL_WORDS, REPLY_WORDS - word_count(back.throw_back or "")) if back else TELL_WORDS


def told_at_the_start(view: View) -> tuple[Fact, ...]:
    """What the system is for, where a brief leaves room for it."""
    first = view.problem.facts[0]
    return (first,) if word_count(f"{view.problem.brief} {first.tell}") <= BRIEFED_WORDS else ()


def asked_for(view: View, questions: tuple[str, ...]) -> list[Fact]:
    """The facts that these questions ask for, in the order of the questions, each once."""
    found: dict[str, Fact] = {}
    for question in questions:
        for fact in view.problem.facts:
            if first_match(fact.asks, question):
                found.setdefault(fact.id, fact)
    return list(found.values())
