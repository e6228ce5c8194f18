"""Past interviews and attempts without ceremony: what became of each point is said, not played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.drills import Attempt, Rating
from agent.events import Depth, Promptedness
from agent.scorecard import Mark, NotAssessed, Scorecard, Scoring
from agent.scoring import score
from agent.weak import Outcome, Past
from knowledge.library import Library
from knowledge.schema import Level, Problem
from tests.factory import Talk

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
PROMPTEDNESS = {
    Outcome.UNPROMPTED: Promptedness.UNPROMPTED,
    Outcome.ASKED: Promptedness.PROBE,
    Outcome.HINTED: Promptedness.HINT_2,
}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def silent_card(library: Library, scoring: Scoring, problem: str = "tiny") -> Scorecard:
    """The scorecard of an interview in which nothing was said."""
    return score(Talk(library, problem=problem).view, scoring, library.stages)


def past(
    library: Library,
    scoring: Scoring,
    became: dict[str, Outcome],
    *,
    id_: str = "one",
    days: float = 1,
    origin: str = "",
    problem: str = "tiny",
) -> Past:
    """A senior interview that ended `days` ago; points that `became` does not name were not shown."""
    design = library.problems[problem]
    marks = tuple(_mark(design, library, p, PROMPTEDNESS[o]) for p, o in became.items() if o in PROMPTEDNESS)
    open_ = tuple(
        NotAssessed(
            point=p, statement=design.point(p).statement, stage=design.stage_of(p), quote="words", probability=0.5
        )
        for p, o in became.items()
        if o is Outcome.NOT_ASSESSED
    )
    card = silent_card(library, scoring, problem).model_copy(update={"marks": marks, "not_assessed": open_})
    return Past(id_, ago(days), origin or id_, design, Level.SENIOR, card)


def _mark(problem: Problem, library: Library, point_id: str, promptedness: Promptedness) -> Mark:
    point, stage = problem.point(point_id), problem.stage_of(point_id)
    return Mark(
        point=point.id,
        statement=point.statement,
        stage=stage,
        dimension=library.stages[stage].dimension,
        level=point.level,
        depth=Depth.NAMED,
        quote="words",
        turn=2,
        promptedness=promptedness,
        credit=1,
        by="matcher",
    )


def all_became(problem: Problem, outcome: Outcome, **other: Outcome) -> dict[str, Outcome]:
    """The same for every point, but for `other`, whose names have underscores for dashes."""
    return {p.id: outcome for p in problem.points} | {name.replace("_", "-"): o for name, o in other.items()}


def attempt(drill: str, rating: Rating | None = Rating.GOOD, when: datetime = NOW, owner: str = "local") -> Attempt:
    return Attempt(owner=owner, drill=drill, when=when, answer="words", rating=rating, by="self")
