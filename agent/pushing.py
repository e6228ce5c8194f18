"""Rules that question what was said or drawn: wrong claims, contradictions, the board, hand-waving, curveballs. PURE.

Each yields the moves that it would make here, best first, or nothing; `policy.RULES` says in which order they speak.
Every move quotes the candidate, and nothing is questioned twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.board import unconnected
from agent.claims import Claim, hit_by
from agent.clash import contradictions
from agent.clock import Schedule
from agent.events import Move, MoveKind, Press, SteerReason
from agent.handwaving import waved
from agent.position import spoken, stage_now, steered_twice, timed
from agent.view import View
from knowledge.schema import Level, StageId

CURVEBALLS = {Level.MID: 1, Level.SENIOR: 1, Level.STAFF: 2}
CURVEBALL_WINDOW = (24.0, 38.0)
"""Virtual minutes of a 45-minute interview (research: interviews 2.2)."""
CURVEBALL_NEEDS = 3.0
"""Minutes that an answer to a changed constraint takes."""
PRESSES_PER_STAGE = 1
PRESSES = {Press.REASON: 3, Press.NUMBER: 2, Press.COST: 2, Press.MORE: 3}
"""Pointed questions of each kind in one interview."""
CONFLICTS = 2
"""Contradictions that are put to the candidate in one interview."""
CHALLENGES = 3
"""Wrong claims that are questioned in one interview; more would make it an argument."""
BOARD_QUESTIONS = 2
"""Questions about the board in one interview: it is the candidate's aid, not the subject."""


def challenge(view: View, _: Schedule) -> Iterator[Move]:
    """Question a wrong claim, once, unless the same answer shows the point all the same.

    A claim that was doubted as soon as it was made gets a turn; what was not taken back by then is questioned.
    """
    if len(view.challenged) >= CHALLENGES:
        return
    for claim in (*view.latest.waiting, *view.latest.claims):
        if (claim.point, claim.index) not in view.challenged and claim.point not in view.latest.shown:
            yield _challenge(view, claim)


def _challenge(view: View, claim: Claim) -> Move:
    return Move(
        kind=MoveKind.CHALLENGE,
        stage=stage_now(view),
        because="the candidate made a claim that is known to be wrong",
        point=claim.point,
        misconception=claim.index,
        quote=claim.quote,
    )


def contradiction(view: View, _: Schedule) -> Iterator[Move]:
    """Put two statements that cannot both hold beside each other, each pair once."""
    asked = {(move.earlier, move.quote) for move in view.moves if move.conflict}
    kinds = {move.conflict for move in view.moves if move.conflict}
    if len(asked) >= CONFLICTS:
        return
    for found in reversed(view.conflicts):
        if found.kind.value not in kinds and (found.earlier.quote, found.later.quote) not in asked:
            yield Move(
                kind=MoveKind.CHALLENGE,
                stage=stage_now(view),
                because=f"turns {found.earlier.turn} and {found.later.turn}: {found.kind.value}",
                quote=found.later.quote,
                earlier=found.earlier.quote,
                conflict=found.kind.value,
                sum=found.sum,
            )


def drawing(view: View, _: Schedule) -> Iterator[Move]:
    """Where the board just changed, ask once about what it contradicts or leaves unconnected."""
    asked = [move for move in view.moves if move.drawn]
    if not view.latest.drew or len(asked) >= BOARD_QUESTIONS:
        return
    for clash in contradictions(view.board, view.commitments, spoken(view)):
        if clash.said not in {move.quote for move in asked}:
            yield Move(
                kind=MoveKind.CHALLENGE,
                stage=stage_now(view),
                because=f"the board does not go with turn {clash.turn}: {clash.kind}",
                quote=clash.said,
                drawn=clash.line,
            )
    if not view.board.edges or steered_twice(view):  # who has drawn no arrow yet is not done with the boxes
        return
    for gap in unconnected(view.board):
        if gap.node.name not in {move.node for move in asked}:
            yield Move(
                kind=MoveKind.STEER,
                stage=stage_now(view),
                because=f"on the board: {gap.kind}",
                steer=SteerReason.BOARD,
                drawn=gap.line,
                node=gap.node.name,
            )


def curveball(view: View, schedule: Schedule) -> Iterator[Move]:
    """Change a constraint under a decision that the candidate has made."""
    if len(view.curveballs) >= CURVEBALLS[view.setup.level] or view.latest.turn == 0:
        return
    opens, shuts = (minute * schedule.scale for minute in CURVEBALL_WINDOW)
    stage = stage_now(view)
    early = timed(view) and view.elapsed < opens and stage.rank < StageId.EVALUATE.rank
    late = timed(view) and view.elapsed > min(shuts, schedule.minutes - CURVEBALL_NEEDS)
    if early or late or stage.rank < StageId.MODEL.rank or stage is StageId.WRAP:
        return
    if any(move.kind is MoveKind.CURVEBALL and move.stage is stage for move in view.moves):
        return
    for ball in view.problem.curveballs:
        aim = hit_by(ball, view.commitments)
        if ball.id not in view.curveballs and aim:
            yield Move(
                kind=MoveKind.CURVEBALL,
                stage=stage,
                because=f"turn {aim.turn} committed to what it changes",
                curveball=ball.id,
                quote=aim.quote,
            )


def press(view: View, _: Schedule) -> Iterator[Move]:
    """A pointed question where the answer waved its hands, at most once per stage."""
    stage = stage_now(view)
    done = [move for move in view.moves if move.press]
    if not view.latest.turn or view.latest.request or stage is StageId.CLARIFY or view.stalls:
        return
    if sum(move.stage is stage for move in done) >= PRESSES_PER_STAGE:
        return
    last = view.last_move
    asked_for_cost = last is not None and last.kind is MoveKind.DEEPEN and last.press is None
    found = waved(view.latest.text, asked_for_cost=asked_for_cost)
    if found and sum(move.press is found[0] for move in done) < PRESSES[found[0]]:
        because = f"the answer gives no {found[0]}" if found[0] is not Press.MORE else "the answer is only a headline"
        yield Move(kind=MoveKind.DEEPEN, stage=stage, because=because, press=found[0], quote=found[1])
