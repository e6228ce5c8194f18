"""What the report says beside the marks: moments, contradictions, better answers, a plan. PURE: view and scorecard in.

Nothing here scores. Every sentence about the candidate rests on a quote of theirs, every better answer is authored
content with its sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from agent.events import MoveKind, Promptedness
from agent.inbound import SHORT, inbound
from agent.scorecard import Mark, Scorecard, Scoring, Verdict
from agent.scoring import score
from agent.view import Turn, View
from knowledge.cues import sentences
from knowledge.schema import Dimension, Level, Point, Problem, Stage, StageId, Value

MOMENTS = 3
"""Decisive moments of each kind that are named."""
TELLING_WORDS = 8
REWRITES = 2
DRILLS = 5
READINGS = 6


class Moment(Value):
    """A turn that decided something. `credit` is what it earned, or what the point asked about could have earned."""

    kind: Literal["earned", "missed", "wrong"]
    turn: int
    points: tuple[str, ...]
    quote: str
    credit: float


class Contradiction(Value):
    """Two statements of the candidate that cannot both hold; `sum` is the arithmetic that shows it."""

    earlier: str
    earlier_turn: int
    later: str
    later_turn: int
    sum: str
    asked: bool


class Rewrite(Value):
    """One of the weakest moments, and what would have met the bar: authored answers with their sources."""

    turn: int
    question: str
    quote: str
    point: str
    senior: str
    staff: str
    sources: tuple[str, ...]


class SelfView(Value):
    """What the candidate said of one part of their own interview, beside its score (1 to 4)."""

    dimension: Dimension
    said: Literal["strong", "weak"]
    quote: str
    value: float


class Stamps(Value):
    """Points shown by what it took to hear them, beside how many the level looks for and how many unprompted."""

    counts: dict[Promptedness, int]
    expected: int
    bar: int


class Task(Value):
    """One thing to do: points to drill and what to read for them (ids of notes and cases)."""

    dimension: Dimension
    points: tuple[str, ...]
    reading: tuple[str, ...]


class CurveballMark(Value):
    """How a changed constraint was met: of what a good answer says (`statement`) what was heard."""

    curveball: str
    change: str
    turn: int
    shown: tuple[tuple[str, str], ...]
    """Statement and quote."""
    open: tuple[str, ...]
    missing: tuple[str, ...]


class Review(Value):
    """Everything of the report that is no mark.

    `at_level` has for each target level the verdict on what is sure and the best likely one (`Scorecard.best`).
    """

    at_level: dict[Level, tuple[Verdict, Verdict]]
    levelled: Level | None
    stamps: Stamps
    moments: tuple[Moment, ...]
    contradictions: tuple[Contradiction, ...]
    curveballs: tuple[CurveballMark, ...]
    self_views: tuple[SelfView, ...]
    rewrites: tuple[Rewrite, ...]
    plan: tuple[Task, ...]


def review(view: View, card: Scorecard, scoring: Scoring, stages: dict[StageId, Stage]) -> Review:
    """Reviews what has been said so far."""
    at_level = {level: _at(view, level, scoring, stages) for level in Level}
    return Review(
        at_level=at_level,
        levelled=_levelled(at_level),
        stamps=_stamps(card, scoring),
        moments=_moments(view, card),
        contradictions=_contradictions(view),
        curveballs=_curveballs(view),
        self_views=_self_views(view, card),
        rewrites=_rewrites(view, card),
        plan=_plan(view, card, scoring, stages),
    )


# --- levels and stamps ------------------------------------------------------------------------------------------------


def _at(view: View, level: Level, scoring: Scoring, stages: dict[StageId, Stage]) -> tuple[Verdict, Verdict]:
    card = score(view.at_level(level), scoring, stages)
    return card.verdict, card.best


def _levelled(at_level: dict[Level, tuple[Verdict, Verdict]]) -> Level | None:
    """The highest level at which the sure verdict is at least hire; None when there is no such."""
    hired = [level for level, (verdict, _) in at_level.items() if verdict.rank >= Verdict.HIRE.rank]
    return max(hired, key=lambda level: level.rank, default=None)


def _stamps(card: Scorecard, scoring: Scoring) -> Stamps:
    counts = {stamp: sum(mark.promptedness is stamp for mark in card.marks) for stamp in Promptedness}
    bar = round(scoring.unprompted_bar[card.level] * card.expected)
    return Stamps(counts=counts, expected=card.expected, bar=bar)


# --- moments ----------------------------------------------------------------------------------------------------------


def _moments(view: View, card: Scorecard) -> tuple[Moment, ...]:
    """The turns that earned most, the questions that went unanswered at most cost, the wrong claims that were held."""
    earned = sorted(_earned(card.marks), key=lambda m: (-m.credit, m.turn))[:MOMENTS]
    missed = sorted(_missed(view, card), key=lambda m: (-m.credit, m.turn))[:MOMENTS]
    wrong = [
        Moment(kind="wrong", turn=one.turn, points=(one.point,), quote=one.quote, credit=0.0)
        for one in card.wrong_claims
        if one.held
    ]
    return tuple(sorted([*earned, *missed, *wrong], key=lambda m: m.turn))


def _earned(marks: Iterable[Mark]) -> Iterable[Moment]:
    by_turn: dict[int, list[Mark]] = {}
    for mark in marks:
        by_turn.setdefault(mark.turn, []).append(mark)
    for turn, shown in by_turn.items():
        best = max(shown, key=lambda mark: mark.credit)
        credit = round(sum(mark.credit for mark in shown), 4)
        points = tuple(mark.point for mark in shown)
        yield Moment(kind="earned", turn=turn, points=points, quote=best.quote, credit=credit)


def _missed(view: View, card: Scorecard) -> Iterable[Moment]:
    """Answers to a probe that left its point neither shown nor open."""
    met = {mark.point for mark in card.marks} | {one.point for one in card.not_assessed}
    for asked, answer in _asked(view):
        point = view.problem.point(asked.move.point) if asked.move and asked.move.point else None
        if point and point.id not in met:
            quote = _opening(answer.text)
            yield Moment(kind="missed", turn=answer.n, points=(point.id,), quote=quote, credit=float(point.weight))


def _asked(view: View) -> Iterable[tuple[Turn, Turn]]:
    """Probes with the answers that they got, each point once; none of a point that its problem has no more.

    To think aloud, to ask about the problem, or for something, is no answer: the probe stands until the next question.
    """
    known = {point.id for point in view.problem.points}
    probe: Turn | None = None
    for turn in view.turns:
        if turn.move and turn.move.kind is MoveKind.PROBE and turn.move.point in known:
            probe = turn
        elif turn.move and turn.move.kind not in STANDS_DURING:
            probe = None
        elif probe and turn.who == "candidate" and turn.scored and _answers(turn.text):
            yield probe, turn
            known.discard(probe.move.point if probe.move else None)
            probe = None


STANDS_DURING = frozenset({MoveKind.HOLD, MoveKind.TELL, MoveKind.THROW_BACK, MoveKind.STEER, MoveKind.HINT})
"""Moves during which a probe is still the question."""


def _answers(text: str) -> bool:
    said, parts = inbound(text), sentences(text)
    waits = said.thinking and len(text.split()) <= SHORT
    return bool(text.strip()) and not (said.only_asks or waits or all(part in said.interrogatives for part in parts))


def _opening(text: str) -> str:
    """The first sentence of an answer that says something, verbatim; a short one only where there is no other."""
    parts = sentences(text)
    return next((part for part in parts if len(part.split()) >= TELLING_WORDS), parts[0] if parts else text.strip())


def _contradictions(view: View) -> tuple[Contradiction, ...]:
    asked = {(move.earlier, move.quote) for move in view.moves if move.conflict}
    return tuple(
        Contradiction(
            earlier=one.earlier.quote,
            earlier_turn=one.earlier.turn,
            later=one.later.quote,
            later_turn=one.later.turn,
            sum=one.sum,
            asked=(one.earlier.quote, one.later.quote) in asked,
        )
        for one in view.conflicts
    )


def _curveballs(view: View) -> tuple[CurveballMark, ...]:
    found = []
    for turn in view.turns:
        if turn.move is None or turn.move.kind is not MoveKind.CURVEBALL:
            continue
        ball = next((b for b in view.problem.curveballs if b.id == turn.move.curveball), None)
        if ball is None:
            continue
        heard = {cell.point: cell for cell in view.curveball_cells if cell.point.startswith(f"{ball.id}/")}
        states = [(line, heard.get(f"{ball.id}/{n}")) for n, line in enumerate(ball.good)]
        shown = tuple((line, cell.quote) for line, cell in states if cell and cell.state == "shown")
        open_ = tuple(line for line, cell in states if cell and cell.state == "unsure")
        told = {line for line, _ in shown} | set(open_)
        missing = tuple(line for line in ball.good if line not in told)
        found.append(
            CurveballMark(curveball=ball.id, change=ball.change, turn=turn.n, shown=shown, open=open_, missing=missing)
        )
    return tuple(found)


# --- how the candidate saw it -----------------------------------------------------------------------------------------

_NAMES: dict[Dimension, re.Pattern[str]] = {
    Dimension.NAVIGATION: re.compile(r"\b(clarif\w*|requirements?|scop\w+|business goal)\b", re.I),
    Dimension.FRAMING: re.compile(r"\b(fram\w+|objective|problem definition|labels? definition)\b", re.I),
    Dimension.DATA: re.compile(r"\b(data|labels?|labelling|sampling)\b", re.I),
    Dimension.FEATURES: re.compile(r"\b(features?)\b", re.I),
    Dimension.MODELLING: re.compile(r"\b(models?|modell?ing|architecture|loss)\b", re.I),
    Dimension.EVALUATION: re.compile(r"\b(evaluat\w+|metrics?|experiments?|a/b test\w*)\b", re.I),
    Dimension.OPERATIONS: re.compile(r"\b(serving|deployment|monitoring|latency|operations|production)\b", re.I),
    Dimension.DRIVE: re.compile(r"\b(structure|communicat\w+|time management|trade-?offs?|pace)\b", re.I),
}
_STRONG = re.compile(
    r"\b(well|good|strong|strongest|solid|best|fine|happy|confident|comfortable|covered|proud)\b", re.I
)
_NOT_STRONG = re.compile(
    r"\bnot (?:so |very |that |really )?(?:well|good|strong|solid|fine|happy|confident|comfortable)\b", re.I
)
_WEAK = re.compile(
    r"\b(weak\w*|thin|rushed|badly|poor\w*|worse|worst|missed|forgot|skipped|shallow|struggled|unsure|"
    r"not (so |very |that |really )?(sure|enough|well|good|happy|much)|too (little|short|fast|late|long)|could have|"
    r"should have|would (do|spend|go|talk|add|cover)|more time|not get to|did not|didn't|ran out|lacking|superficial|"
    r"hand.?wav\w*)\b",
    re.I,
)


def _self_views(view: View, card: Scorecard) -> tuple[SelfView, ...]:
    """Which parts the candidate called strong or weak after the close; a sentence that says both says neither."""
    said = (turn.text for turn in view.turns if turn.who == "candidate" and not turn.scored)
    found: dict[Dimension, SelfView] = {}
    for clause in (part for text in said for sentence in sentences(text) for part in _clauses(sentence)):
        weak, strong = bool(_WEAK.search(clause)), bool(_STRONG.search(_NOT_STRONG.sub("", clause)))
        if weak == strong:
            continue
        for dimension, name in _NAMES.items():
            if name.search(clause):
                view_of = SelfView(
                    dimension=dimension,
                    said="weak" if weak else "strong",
                    quote=clause,
                    value=card.dimensions[dimension],
                )
                found.setdefault(dimension, view_of)
    return tuple(found.values())


def _clauses(sentence: str) -> list[str]:
    """Parts between "but" and the like, each an exact substring."""
    parts = re.split(r",?\s+(?:and|but|while|whereas|though|although)\s+|;\s*", sentence)
    return [part for part in parts if part.strip()]


# --- better answers and what to do next -------------------------------------------------------------------------------


def _rewrites(view: View, card: Scorecard) -> tuple[Rewrite, ...]:
    """The two weakest answers to a probe, with what a senior and what a staff engineer would have said."""
    credit = {mark.point: mark.credit for mark in card.marks}
    unknown = {one.point for one in card.not_assessed}

    def gap(pair: tuple[Turn, Turn]) -> float:
        point = view.problem.point(pair[0].move.point or "") if pair[0].move else None
        return point.weight - credit.get(point.id, 0.0) if point else 0.0

    asked = [
        pair
        for pair in _asked(view)
        if pair[0].move and pair[0].move.point not in unknown and _below_staff(view.problem, pair[0].move.point)
    ]
    weakest = sorted(asked, key=gap, reverse=True)[:REWRITES]
    return tuple(_rewrite(view.problem, *pair) for pair in weakest if gap(pair) > 0)


def _below_staff(problem: Problem, point: str | None) -> bool:
    return point is not None and problem.point(point).level is not Level.STAFF


def _rewrite(problem: Problem, asked: Turn, answer: Turn) -> Rewrite:
    assert asked.move is not None
    point = problem.point(asked.move.point or "")
    further = _staff_point(problem, point)
    return Rewrite(
        turn=answer.n,
        question=asked.text,
        quote=_opening(answer.text),
        point=point.id,
        senior=point.strong,
        staff=f"{point.strong} {further.strong}" if further else point.strong,
        sources=tuple(dict.fromkeys((*point.sources, *(further.sources if further else ())))),
    )


def _staff_point(problem: Problem, point: Point) -> Point | None:
    """What staff level adds in the same stage."""
    stage = problem.stages[problem.stage_of(point.id)]
    return next((other for other in stage if other.level is Level.STAFF and other.id != point.id), None)


def _plan(view: View, card: Scorecard, scoring: Scoring, stages: dict[StageId, Stage]) -> tuple[Task, ...]:
    """Where most is to be gained first: the dimensions by weight times what they lack, each with its open points.

    What was not shown comes before what was said too unclearly to be assessed.
    """
    met = {mark.point for mark in card.marks if mark.promptedness is not Promptedness.HINT_3}
    unclear = {one.point for one in card.not_assessed}
    lacking = sorted(Dimension, key=lambda d: -scoring.dimensions[d] * (4 - card.dimensions[d]))
    tasks = []
    for dimension in lacking[:3]:
        open_ = [
            point
            for stage in StageId
            if stages[stage].dimension is dimension
            for point in view.problem.stages[stage]
            if point.id not in met and point.level.rank <= card.level.rank
        ]
        heaviest = sorted(open_, key=lambda point: (point.id in unclear, -point.weight))[:DRILLS]
        reading = tuple(dict.fromkeys(source for point in heaviest for source in point.sources))[:READINGS]
        if heaviest:
            tasks.append(Task(dimension=dimension, points=tuple(p.id for p in heaviest), reading=reading))
    return tuple(tasks)
