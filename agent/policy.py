"""What the interviewer does next. PURE: a view in, ranked admissible moves out.

`RULES` is an ordered tuple of small functions; each yields the moves it would make here, best first, or nothing. The
first rule that speaks gives the best move; what the others yield is ranked behind it. A model may word a move; it can
never add one. The rules that question what was said are in `pushing.py`.

What holds for every candidate, proved in `tests/agent/test_policy.py`: every interview ends; the first move is `open`
and the last `debrief`; no probe is asked twice; no point gets more hints than its mode has rungs; no probe asks for a
point that was already shown; curveballs are few and aimed at a recorded commitment; no stage is continued after its
hard limit; a clarifying question is answered or thrown back before anything else is asked; a wrong claim or a
contradiction is questioned once; no rung of a hint follows another on its point before something was tried, and the
last not before something was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from agent.clock import Schedule
from agent.events import Depth, Move, MoveKind, Preface, Request, SteerReason, Style
from agent.position import (
    askable,
    asked_for,
    by_weight,
    fits_beside,
    fitting,
    hintable,
    monologue,
    mostly_said,
    next_rung,
    probes_left,
    required,
    stage_after,
    stage_now,
    steered_twice,
    strayed,
    timed,
    told_at_the_start,
    what_remains,
    withheld,
    worth_another_look,
)
from agent.pushing import challenge, contradiction, curveball, drawing, press
from agent.view import View
from knowledge.schema import Fact, Level, Point, StageId

MAX_OFFERED = 3
"""Admissible moves offered to a model."""
DEEPENS_PER_STAGE = {
    Style.HANDS_OFF: {Level.MID: 1, Level.SENIOR: 1, Level.STAFF: 2},
    Style.DRIVER: {Level.MID: 1, Level.SENIOR: 2, Level.STAFF: 3},
}
FACTS_AT_ONCE = {Level.MID: 3, Level.SENIOR: 3, Level.STAFF: 1}
"""Facts told in one reply: who is to lead asks for each."""
LONG_ANSWER_WORDS = 280
"""Two minutes of speech; two such answers in a row and the interviewer asks for the main line."""
MOST_MOVES = 300
"""Moves after which an untimed interview closes: 45 minutes of interviewer turns at 0.15 each."""
STALLS = 2
"""Silences or "I don't know"s in a row after which one moves on (research: interviews 2.5)."""
DRY_ANSWERS = 2
"""Answers in a row that bring nothing new after which one moves on."""

Rule = Callable[[View, Schedule], Iterator[Move]]


def next_moves(view: View, schedule: Schedule) -> tuple[Move, ...]:
    """Admissible moves, best first, at least one and at most `MAX_OFFERED`.

    Raises ValueError when it is not the interviewer's turn.
    """
    if not view.awaits_interviewer:
        raise ValueError("it is the candidate's turn, or the interview is over")
    for rule in RULES:
        first = next(rule(view, schedule), None)
        if first is not None:
            return tuple(_prefaced(move, view) for move in _ranked(first, view, schedule))
    raise AssertionError("the last rule always speaks")


def _ranked(first: Move, view: View, schedule: Schedule) -> tuple[Move, ...]:
    """The best move, then alternatives of the discretionary rules where the best one is discretionary itself."""
    if first.kind not in DISCRETIONARY:
        return (first,)
    moves = [first]
    for rule in (deepen, probe):
        for move in rule(view, schedule):
            if len(moves) < MAX_OFFERED and not any(_same(move, other) for other in moves):
                moves.append(move)
    return tuple(moves)


def _prefaced(move: Move, view: View) -> Move:
    """With what the answer itself calls for: a word on the challenge before it, or a request for the main line."""
    if move.kind not in PREFACED or move.preface in {Preface.TIME, Preface.BACK, Preface.LEFT}:
        return move
    if view.latest.outcome and not view.latest.request:
        return move.model_copy(update={"preface": SETTLED[view.latest.outcome]})
    if monologue(view, LONG_ANSWER_WORDS) and not any(m.preface is Preface.BRIEFLY for m in view.moves):
        return move.model_copy(update={"preface": Preface.BRIEFLY})
    return move


SETTLED = {"conceded": Preface.CONCEDED, "held": Preface.NOTED, "corrected": Preface.CORRECTED}
"""What is said of a wrong claim that an answer settles."""
PREFACED = frozenset({MoveKind.PROBE, MoveKind.DEEPEN, MoveKind.CHALLENGE, MoveKind.ADVANCE})
"""Kinds of move that may begin with a few words about the answer before them."""


def _same(one: Move, other: Move) -> bool:
    """Whether two moves differ in their reason at most."""
    return one.model_copy(update={"because": ""}) == other.model_copy(update={"because": ""})


DISCRETIONARY = frozenset({MoveKind.PROBE, MoveKind.DEEPEN})


# --- the rules, in order ---------------------------------------------------------------------------------------------


def begin(view: View, _: Schedule) -> Iterator[Move]:
    """Open with the brief; at mid level with what it is for as well."""
    if not view.turns:
        told = told_at_the_start(view) if view.setup.level is Level.MID else ()
        yield _facts(view, MoveKind.OPEN, list(told), because="the interview begins")


def debrief(view: View, _: Schedule) -> Iterator[Move]:
    """After the self-assessment, or its refusal, hand over the scorecard."""
    if view.closing:
        yield Move(kind=MoveKind.DEBRIEF, stage=StageId.WRAP, because="the candidate has assessed themselves")


def close(view: View, schedule: Schedule) -> Iterator[Move]:
    """Time is up, the candidate is done, or no stage is left."""
    if view.latest.request is Request.FINISH or view.latest.inbound.wants_finish:
        yield Move(kind=MoveKind.CLOSE, stage=StageId.WRAP, because="the candidate asked to finish")
    elif timed(view) and view.elapsed >= schedule.minutes:
        yield Move(kind=MoveKind.CLOSE, stage=StageId.WRAP, because=f"the {schedule.minutes:g} minutes are over")
    elif len(view.moves) >= MOST_MOVES:
        yield Move(kind=MoveKind.CLOSE, stage=StageId.WRAP, because=f"{MOST_MOVES} moves are enough")


def repeat(view: View, _: Schedule) -> Iterator[Move]:
    """Say the last question again when asked to."""
    wanted = view.latest.request is Request.REPEAT or view.latest.inbound.wants_repeat
    if wanted and view.last_move and not steered_twice(view):
        yield _steer(view, SteerReason.REPEAT, "the candidate asked to hear it again")


def out_of_time(view: View, schedule: Schedule) -> Iterator[Move]:
    """No stage is continued after its hard limit."""
    stage = stage_now(view)
    if timed(view) and view.elapsed >= schedule.hard(stage):
        because = f"hard limit of {stage} at {schedule.hard(stage):.1f} min"
        yield from _advance(view, schedule, because, Preface.TIME)


def unreadable(view: View, _: Schedule) -> Iterator[Move]:
    """An utterance that cannot be read, or not in this language, or that would have been cut short."""
    flags = view.latest.inbound
    if steered_twice(view):
        return
    if flags.unreadable:
        yield _steer(view, SteerReason.UNREADABLE, "the answer is not text that can be read")
    elif flags.foreign:
        yield _steer(view, SteerReason.FOREIGN, "the answer is not in English")
    elif flags.too_long:
        yield _steer(view, SteerReason.TOO_LONG, "the answer ran past what can be heard in one turn")


def withhold(view: View, _: Schedule) -> Iterator[Move]:
    """Asked for the answer or the score, or given orders, stay in role."""
    reason = _withheld_reason(view)
    if reason and not steered_twice(view):
        yield _steer(view, reason, WITHHELD[reason])


def _withheld_reason(view: View) -> SteerReason | None:
    flags = view.latest.inbound
    if flags.instruction:
        return SteerReason.INSTRUCTION
    if flags.wants_score:
        return SteerReason.WANTS_SCORE
    return SteerReason.WANTS_ANSWER if flags.wants_answer else None


WITHHELD = {
    SteerReason.INSTRUCTION: "the candidate gave the interviewer orders",
    SteerReason.WANTS_SCORE: "the candidate asked how it is going",
    SteerReason.WANTS_ANSWER: "the candidate asked for the answer",
}


def clarify(view: View, _: Schedule) -> Iterator[Move]:
    """Answer what was asked about the problem, or throw it back, before the old question is asked again.

    Where no fact answers and something else was asked for beside it, that gets its word too. Early on any question may
    be meant for the interviewer; later only one that the candidate leaves open is.
    """
    if view.latest.request:
        return
    said = view.latest.inbound
    asked = said.interrogatives if stage_now(view).rank <= StageId.FRAME.rank else said.questions
    facts = asked_for(view, asked)
    meant = view.latest.facts if asked else ()
    facts = [view.problem.fact(f) for f in meant] + [fact for fact in facts if fact.id not in meant]
    back_first = view.setup.level is not Level.MID
    thrown = [f for f in facts if back_first and f.throw_back and f.id not in view.thrown_back | view.told]
    tellable = [f for f in facts if f not in thrown]
    if tellable:
        back = next((f for f in thrown if fits_beside(tellable[0], f)), None)
        told = fitting(tellable, back)[: FACTS_AT_ONCE[view.setup.level]]
        yield _facts(view, MoveKind.TELL, told, rest=what_remains(facts, told, back, asked), back=back)
    elif thrown:
        yield _facts(view, MoveKind.THROW_BACK, thrown[:1])
    elif said.questions:
        beside = SteerReason.REPEAT if said.wants_repeat else _withheld_reason(view)
        yield _facts(view, MoveKind.THROW_BACK, []).model_copy(update={"steer": beside})


def hint(view: View, _: Schedule) -> Iterator[Move]:
    """The next rung for whoever asks and tried the one before, while there is one."""
    if view.latest.request is not Request.HINT and not view.latest.inbound.wants_hint:
        return
    point = hintable(view)
    if point:
        yield _hint(view, point, "the candidate asked for a hint")
    elif not steered_twice(view):
        tried = not withheld(view)
        reason = SteerReason.NO_MORE_HINTS if tried else SteerReason.TRY_FIRST
        yield _steer(view, reason, "no rung is left here" if tried else "the next rung is not earned yet")


def skip(view: View, schedule: Schedule) -> Iterator[Move]:
    """Move on when asked to; to the stage that was named, also an earlier one, if its time is not over."""
    flags = view.latest.inbound
    if view.latest.request is Request.NEXT or (flags.wants_next and not flags.goes_to):
        yield from _advance(view, schedule, "the candidate asked to move on", again=False)
    elif flags.wants_next:
        because = f"the candidate asked for {flags.goes_to}"
        yield from _advance(view, schedule, because, wanted=flags.goes_to, again=False)


def hold(view: View, _: Schedule) -> Iterator[Move]:
    """Leave room to somebody who is thinking aloud, asks whether to go on, or begins to doubt what they just said."""
    flags = view.latest.inbound
    doubts = any(claim.doubted for claim in view.latest.claims)
    if _held(view) or flags.stall:
        return
    if doubts or ((flags.thinking or flags.check_in) and not view.latest.gained):
        why = "the candidate may be about to correct a claim" if doubts else "the candidate is in mid-thought"
        yield Move(kind=MoveKind.HOLD, stage=stage_now(view), because=why)


def _held(view: View) -> bool:
    return bool(view.last_move and view.last_move.kind is MoveKind.HOLD)


def silence(view: View, schedule: Schedule) -> Iterator[Move]:
    """Once: the same ground from another angle. Twice: move on."""
    if not view.stalls:
        return
    if view.stalls >= STALLS:
        yield from _advance(view, schedule, f"{view.stalls} silences in a row")
        return
    point = hintable(view) if view.last_move and view.last_move.kind in {MoveKind.PROBE, MoveKind.HINT} else None
    if point:
        yield _hint(view, point, "the candidate is stuck: another angle")
    elif view.last_move and view.last_move.kind is not MoveKind.STEER:
        yield _steer(view, SteerReason.SILENCE, "the candidate said nothing")


def rabbit_hole(view: View, _: Schedule) -> Iterator[Move]:
    """Once per stage: back to what was asked when a long answer is all about an earlier stage."""
    last = view.last_move
    if last is None or last.kind is not MoveKind.ADVANCE or not view.latest.turn or view.latest.request:
        return
    if strayed(view):
        yield _steer(view, SteerReason.RABBIT_HOLE, f"the answer went back from {view.stage} to an earlier stage")


def move_on(view: View, schedule: Schedule) -> Iterator[Move]:
    """The stage has given what it can, or its time is better spent elsewhere."""
    if stage_now(view) is not view.stage:
        return
    if timed(view) and view.elapsed >= schedule.soft(view.stage):
        because = f"soft limit of {view.stage} at {schedule.soft(view.stage):.1f} min"
        yield from _advance(view, schedule, because, Preface.TIME)
    elif view.dry >= DRY_ANSWERS:
        yield from _advance(view, schedule, f"{view.dry} answers in a row brought nothing new", Preface.ENOUGH)


def deepen(view: View, _: Schedule) -> Iterator[Move]:
    """Ask for the trade-off behind something that was just said."""
    stage = stage_now(view)
    done = sum(m.kind is MoveKind.DEEPEN and m.stage is stage and m.press is None for m in view.moves)
    if done >= DEEPENS_PER_STAGE[view.setup.style][view.setup.level]:
        return
    shown = view.shown
    for point in by_weight(view.problem.point(p) for p in view.latest.shown):
        here = view.problem.stage_of(point.id) is stage and required(view, point)
        if here and point.weight >= 2 and point.id not in view.deepened and shown[point.id] is not Depth.JUSTIFIED:
            yield Move(
                kind=MoveKind.DEEPEN,
                stage=stage,
                because=f"{point.id} was {shown[point.id]} without its trade-off",
                point=point.id,
            )


def probe(view: View, _: Schedule) -> Iterator[Move]:
    """Give a chance to show what was skipped."""
    stage = stage_now(view)
    if probes_left(view, stage):
        yield from (_probe(view, stage, point) for point in askable(view, stage))


def saturated(view: View, schedule: Schedule) -> Iterator[Move]:
    """Nothing is left to ask here."""
    yield from _advance(view, schedule, "nothing is left to ask in this stage")


RULES: tuple[Rule, ...] = (
    begin,
    debrief,
    close,
    clarify,
    repeat,
    out_of_time,
    unreadable,
    withhold,
    hint,
    skip,
    hold,
    silence,
    rabbit_hole,
    challenge,
    contradiction,
    drawing,
    curveball,
    move_on,
    press,
    deepen,
    probe,
    saturated,
)


# --- moves that several rules make ------------------------------------------------------------------------------------


def _advance(
    view: View,
    schedule: Schedule,
    because: str,
    preface: Preface | None = None,
    *,
    wanted: StageId | None = None,
    again: bool = True,
) -> Iterator[Move]:
    """To the stage that is wanted, else to the first that is still to come, or to the close.

    Before the end, `again` goes back to what was left out. A stage that was mostly told already is entered by a probe.
    """
    stage = stage_after(view, schedule, wanted)
    left = worth_another_look(view, schedule) if again and stage in {None, StageId.WRAP} else None
    if left:
        yield _probe(view, left, askable(view, left)[0], preface=Preface.LEFT)
        return
    if stage is None:
        yield Move(kind=MoveKind.CLOSE, stage=StageId.WRAP, because=because)
        return
    back = Preface.BACK if stage.rank < view.stage.rank else preface
    if mostly_said(view, stage) and not wanted:
        yield _probe(view, stage, askable(view, stage)[0], preface=back)
    else:
        yield Move(kind=MoveKind.ADVANCE, stage=stage, because=because, preface=back)


def _probe(view: View, stage: StageId, point: Point, preface: Preface | None = None) -> Move:
    touched = point.id in view.unsure
    return Move(
        kind=MoveKind.PROBE,
        stage=stage,
        because=f"{point.id} was {'touched but not clear' if touched else 'not shown'}",
        point=point.id,
        touched=touched,
        preface=preface,
    )


def _steer(view: View, reason: SteerReason, because: str) -> Move:
    return Move(kind=MoveKind.STEER, stage=stage_now(view), because=because, steer=reason)


def _facts(
    view: View,
    kind: MoveKind,
    facts: list[Fact],
    *,
    because: str = "the candidate asked about the problem",
    rest: Literal["", "more", "open"] = "",
    back: Fact | None = None,
) -> Move:
    return Move(
        kind=kind,
        stage=stage_now(view),
        because=because,
        facts=tuple(fact.id for fact in facts),
        rest=rest,
        back=back.id if back else None,
    )


def _hint(view: View, point: Point, because: str) -> Move:
    return Move(
        kind=MoveKind.HINT, stage=stage_now(view), because=because, point=point.id, rung=next_rung(view, point) or 1
    )
