"""What a report says, whatever its format. PURE: values in, values out.

A further part of the report is a function here where formats share it, and one in `SECTIONS` of each format.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.events import ClockKind, Event, Promptedness
from agent.review import Review
from agent.rewind import Comparison
from agent.scorecard import Mark, NotAssessed, Range, Scorecard, Scoring, Verdict
from agent.view import View
from knowledge.library import Library
from knowledge.schema import Dimension, StageId
from ui.render import clock, rewind_line

_STAMPS = {
    Promptedness.UNPROMPTED: "unprompted",
    Promptedness.PROBE: "when asked",
    Promptedness.HINT_1: "after a hint",
    Promptedness.HINT_2: "after two hints",
    Promptedness.HINT_3: "after the last hint",
}


GONE = "What it rewinds cannot be read any more."


@dataclass(frozen=True)
class Report:
    """One interview and all that its report is made of."""

    interview: str
    events: tuple[Event, ...]
    view: View
    card: Scorecard
    library: Library
    scoring: Scoring
    review: Review
    comparison: Comparison | None
    """A rewind beside what it rewinds."""
    version: str
    """Of the Hotseat that makes the report; the one that held the interview is in its first event."""
    page: str = ""
    """Address of the page that the report stands on; empty in a file."""
    command: str = ""
    """What made the interview, where that is to be noted."""
    uncompared: str = GONE
    """Why a rewind has no comparison."""


@dataclass(frozen=True)
class Earned:
    """Credit of one dimension by what it took to hear it, and the credit that earns a full 4 at the target level."""

    dimension: Dimension
    unprompted: float
    asked: float
    hinted: float
    bar: float

    @property
    def total(self) -> float:
        return self.unprompted + self.asked + self.hinted


def stamp(promptedness: Promptedness) -> str:
    """What it took to hear a point, in words."""
    return _STAMPS[promptedness]


def how(mark: Mark) -> str:
    """How a point was shown."""
    drawn = ", drawn" if mark.source == "board" else ""
    return f"{mark.depth.value}, {stamp(mark.promptedness)}{drawn}"


def spelled(name: Verdict | Dimension) -> str:
    return name.value.replace("-", " ")


def began(report: Report) -> str:
    """The day, as the clock that stamped it had it."""
    when: datetime = report.events[0].when
    return f"{when.day} {when:%B %Y}"


def about(view: View) -> str:
    """What was chosen, in one line."""
    setup = view.setup
    length = "untimed" if setup.clock is ClockKind.UNTIMED else f"{setup.minutes:g} minutes, {setup.clock} clock"
    rewind = f" · {rewind_mark(view)}" if view.parent else ""
    return f"{setup.level} level · {setup.mode} mode · {setup.style} · {length}{rewind}"


def rewind_mark(view: View) -> str:
    """What a rewind came from; empty for any other interview."""
    return rewind_line(view.parent.interview, view.parent.turn) if view.parent else ""


def range_words(whole: Range) -> str:
    """Points of 100; a range where something was left open."""
    return f"{whole.low:g}" + (f" to {whole.high:g}" if whole.high > whole.low else "")


def verdict_words(verdict: Verdict, best: Verdict) -> str:
    """The verdict; from the sure one to the best likely one where what is not assessed might change it."""
    return spelled(verdict) if verdict is best else f"{spelled(verdict)} to {spelled(best)}"


def likely_line(card: Scorecard) -> str:
    """What the verdict rests on while it is open; empty when it is not."""
    if not card.provisional:
        return ""
    return (
        f"Too much could not be assessed for one verdict: {card.range.low:g} points are sure, and "
        f"{card.likely.low:g} to {card.likely.high:g} likely (four times in five)."
    )


def points_line(card: Scorecard) -> str:
    open_ = f", {len(card.not_assessed)} not assessed" if card.not_assessed else ""
    shown = f"{len(card.marks)} points shown, {card.unprompted} of them unprompted{open_}"
    return f"{shown}; a {card.level} interview looks for {card.expected}."


def open_line(report: Report) -> tuple[str, str] | None:
    """What may settle the open points, and with which command; none where a model was asked about all of them."""
    count = len(report.card.not_assessed)
    if not count:
        return None
    points = "1 point is" if count == 1 else f"{count} points are"
    asked = {point for _, point in report.view.settled}
    if asked.issuperset(one.point for one in report.card.not_assessed):
        return f"{points} open: the model that was asked could not tell either", ""
    return f"{points} open; a model may settle {'it' if count == 1 else 'them'}", f"hotseat score {report.interview}"


def objective_line(report: Report) -> str:
    """When the ML objective was first heard; the cap on a late one is explained by it."""
    at, setup = report.card.objective_at, report.view.setup
    if at is None:
        sure = " for sure" if report.card.coverage[StageId.FRAME].not_assessed else ""
        return f"No ML objective was heard{sure}."
    of = "" if setup.clock is ClockKind.UNTIMED else f" of {clock(setup.minutes)}"
    return f"The ML objective was first heard at {clock(at)}{of}."


def earned(report: Report) -> tuple[Earned, ...]:
    """Per dimension the credit of its marks, split by promptedness, and its bar (formula: `agent/scoring.py`)."""
    return tuple(_earned(report, dimension) for dimension in report.card.dimensions)


def _earned(report: Report, dimension: Dimension) -> Earned:
    card, stages = report.card, report.library.stages
    points = [
        point
        for stage in StageId
        if stages[stage].dimension is dimension
        for point in report.view.problem.stages[stage]
        if point.level.rank <= card.level.rank
    ]

    def credit(*stamps: Promptedness) -> float:
        return sum(m.credit for m in card.marks if m.dimension is dimension and m.promptedness in stamps)

    return Earned(
        dimension=dimension,
        unprompted=credit(Promptedness.UNPROMPTED),
        asked=credit(Promptedness.PROBE),
        hinted=credit(Promptedness.HINT_1, Promptedness.HINT_2, Promptedness.HINT_3),
        bar=report.scoring.bar[card.level] * sum(point.weight for point in points),
    )


def credit_note(report: Report) -> str:
    """How credit becomes the figure from 1 to 4."""
    level = report.card.level
    reasoned = report.scoring.drive.reasoned_unprompted[level]
    return (
        f"Credit of a point: how deep × how unprompted × its weight. Credit at the {level} bar earns a 4. "
        f"Half of drive and communication is something else: reasoned choices that came unprompted, {reasoned} for a 4."
    )


def not_shown(report: Report, stage: StageId) -> tuple[str, ...]:
    """Statements of the points that the level looks for and the candidate did not come near."""
    card = report.card
    met = {mark.point for mark in card.marks} | {one.point for one in card.not_assessed}
    points = report.view.problem.stages[stage]
    return tuple(p.statement for p in points if p.id not in met and p.level.rank <= card.level.rank)


def nearest(one: NotAssessed) -> str:
    """What the quote of an open point is."""
    return "the nearest line drawn" if one.source == "board" else "the nearest words"


def heard_in(report: Report, one: NotAssessed) -> int:
    """The turn with the words that came nearest."""
    cell = report.view.unsure[one.point]
    return next(turn.n for turn in report.view.turns if cell in turn.cells)


def reading(report: Report) -> tuple[str, ...]:
    """What lay behind what was asked about and not shown, in the order it was asked, without what the plan names."""
    shown = {mark.point for mark in report.card.marks}
    planned = {source for task in report.review.plan for source in task.reading}
    open_ = [turn for turn in report.view.turns if turn.move and turn.move.point not in shown]
    passages = (passage for turn in open_ for passage in turn.passages if passage.partition("#")[0] not in planned)
    return tuple(dict.fromkeys(report.library.citation(passage) for passage in passages))
