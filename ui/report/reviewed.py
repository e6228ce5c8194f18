"""What the review says, in the words that all formats share. PURE: values in, text out."""

from __future__ import annotations

from agent.events import Promptedness
from agent.review import CurveballMark, Moment, Rewrite, SelfView, Task
from ui.report.contents import Report, spelled, stamp, verdict_words

STRONG_FROM = 2.5
"""Middle of the scale from 1 to 4: what a candidate calls strong agrees with a score from here on."""


def levelled(report: Report) -> str:
    """The level that this interview would have got, in one sentence."""
    review, held = report.review, report.card.level
    note = f"The same answers, scored at each level; the questions were those of a {held} interview."
    begin = "On what could be assessed, this" if report.card.not_assessed else "This"
    if review.levelled is None:
        return f"{begin} would not have been a hire at any level. {note}"
    return f"{begin} would have been a hire up to {review.levelled} level. {note}"


def at_levels(report: Report) -> list[tuple[str, str]]:
    """The verdict per level, in words."""
    return [(level.value, verdict_words(*verdicts)) for level, verdicts in report.review.at_level.items()]


def stamps(report: Report) -> str:
    """How the points came, against what the level looks for."""
    found = report.review.stamps
    asked = [
        f"{count} {stamp(one)}" for one, count in found.counts.items() if count and one is not Promptedness.UNPROMPTED
    ]
    rest = f" ({', '.join(asked)})" if asked else ""
    level = report.card.level
    return (
        f"{sum(found.counts.values())} of {found.expected}, {found.counts[Promptedness.UNPROMPTED]} unprompted{rest}; "
        f"{level} bar {found.bar} unprompted."
    )


def moment_kind(one: Moment) -> str:
    match one.kind:
        case "earned":
            return f"earned {one.credit:.1f} credit"
        case "missed":
            return f"could have earned {one.credit:.1f} credit"
        case "wrong":
            return "a wrong claim, held when questioned"


def statements(report: Report, points: tuple[str, ...]) -> list[str]:
    """Of points by id; those that the problem has no more are passed over."""
    return [point.statement for point in report.view.problem.points if point.id in points]


def put(asked: bool) -> str:
    """Whether the interviewer said so in the interview."""
    return "put to you" if asked else "not put to you"


def answer_of(report: Report, one: CurveballMark, quote: str) -> int:
    """The turn in which that was heard of a good answer."""
    later = (t.n for t in report.view.turns if t.who == "candidate" and t.n > one.turn and quote in t.text)
    return next(later, one.turn + 1)


def saw(one: SelfView) -> str:
    """What the candidate said of a part of the interview, beside its score."""
    agrees = (one.said == "strong") == (one.value >= STRONG_FROM)
    score = f"the score is {one.value:.1f} of 4"
    if agrees:
        return f"You called it {one.said}, and {score}: you agree."
    return f"You called it {one.said}, but {score}: a gap."


def self_turn(report: Report, one: SelfView) -> int:
    """The turn after the close in which it was said."""
    said = (t.n for t in report.view.turns if t.who == "candidate" and not t.scored and one.quote in t.text)
    return next(said)


def sources(report: Report, ids: tuple[str, ...]) -> list[str]:
    """Notes and cases by title, cases with their address."""
    return [report.library.citation(one) for one in ids]


def better(one: Rewrite) -> list[tuple[str, str]]:
    """The better answers, each under the bar that it meets; one where staff level adds nothing in this stage."""
    both = [("Senior bar", one.senior), ("Staff bar", one.staff)]
    return both if one.staff != one.senior else [("Senior and staff bar", one.senior)]


def task_name(one: Task) -> str:
    return spelled(one.dimension)


def drill(report: Report, one: Task) -> str:
    """The command that drills a note among the reading; empty where there is none."""
    note = next((source for source in one.reading if source in report.library.notes), "")
    return f"hotseat drill {note}" if note else ""
