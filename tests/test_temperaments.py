"""Twelve temperaments of candidates, played without a model: what must and what must not happen with each."""

from __future__ import annotations

import asyncio
import re
import statistics
from collections.abc import Callable
from functools import cache

import pytest

from agent.events import MoveKind, Preface, Press, Setup, SteerReason
from agent.interviewer import Interviewer
from agent.reader import Reader
from agent.scorecard import Scorecard, Scoring, Verdict
from agent.store import Store
from agent.view import View
from knowledge.library import Library
from knowledge.schema import Level, StageId
from tests.test_candidates import CANDIDATES, GAP, MIDDLE_GAP, middle
from ui.play import play, read_candidate

MEDIAN_WORDS, MOST_WORDS, TALK_SHARE = 35, 60, 0.2
PRAISE = re.compile(
    r"\b(great|good (point|answer|question|job|work)|excellent|perfect|well done|nice|impressive|awesome|brilliant|"
    r"love (it|that)|(you are|you're|that is|that's) (right|correct)|spot on)\b",
    re.IGNORECASE,
)

Played = tuple[View, Scorecard]
Play = Callable[..., Played]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, library: Library, scoring: Scoring, reader: Reader) -> Play:
    """Plays a candidate once, however many tests look at it."""
    store = Store(tmp_path_factory.mktemp("temperaments"))
    interviewer = Interviewer(library=library, scoring=scoring, store=store, reader=reader)

    async def to_the_end(problem: str, name: str, level: Level) -> str:
        script = read_candidate(CANDIDATES / problem / f"{name}.yaml")
        return [interview async for interview in play(interviewer, Setup(problem=problem, level=level), script)][-1]

    @cache
    def one(problem: str, name: str, level: Level = Level.SENIOR) -> Played:
        reader.prepare(library.problems[problem])
        view = interviewer.view(asyncio.run(to_the_end(problem, name, level)))
        return view, interviewer.score(view)

    return one


def words(view: View) -> list[str]:
    """What the interviewer said after the opening and before the close."""
    return [t.text for t in view.turns[1:] if t.who == "interviewer" and t.scored]


def kinds(view: View) -> list[MoveKind]:
    return [move.kind for move in view.moves]


def most_deepened(view: View) -> int:
    """Trade-offs asked for in the stage where most were."""
    stages = [move.stage for move in view.moves if move.kind is MoveKind.DEEPEN and not move.press]
    return max((stages.count(stage) for stage in stages), default=0)


# --- who scores above whom --------------------------------------------------------------------------------------------

ORDER = [
    ("news-feed-ranking", "strong-senior", "solid-mid"),
    ("news-feed-ranking", "solid-mid", "weak"),
    ("ad-click-prediction", "strong-senior", "solid-mid"),
    ("visual-search", "staff", "solid-mid"),
    ("visual-search", "solid-mid", "weak"),
    ("similar-listings", "strong-senior", "weak"),
]


@pytest.mark.parametrize(("problem", "better", "worse"), ORDER)
def test_the_stronger_candidate_scores_higher_by_a_clear_gap(
    problem: str, better: str, worse: str, played: Play
) -> None:
    above, below = played(problem, better)[1], played(problem, worse)[1]
    if better != "solid-mid":
        assert above.overall >= below.overall + GAP
        assert above.likely.low > below.likely.high
    assert middle(above) >= middle(below) + MIDDLE_GAP


STUFFED = [
    ("news-feed-ranking", "keyword-stuffer"),
    ("visual-search", "keyword-stuffer"),
    ("ad-click-prediction", "keyword-stuffer"),
    ("news-feed-ranking", "confident-bluffer"),
]


@pytest.mark.parametrize(("problem", "name"), STUFFED)
def test_stuffing_and_bluffing_score_below_solid_mid(problem: str, name: str, played: Play) -> None:
    card = played(problem, name)[1]
    assert middle(card) < middle(played(problem, "solid-mid")[1])
    assert card.verdict.rank <= Verdict.LEAN_NO.rank


def test_a_bluffer_is_pressed_and_stays_without_a_hire(played: Play) -> None:
    for problem in ("news-feed-ranking", "payment-fraud-detection"):
        view, card = played(problem, "confident-bluffer")
        assert any(move.press for move in view.moves)
        assert card.verdict is Verdict.NO_HIRE


def test_staff_is_probed_deeper_at_staff_level_and_meets_at_most_two_curveballs(played: Play) -> None:
    for problem in ("news-feed-ranking", "visual-search"):
        senior, staff = (played(problem, "staff", level)[0] for level in (Level.SENIOR, Level.STAFF))
        assert most_deepened(senior) == 1 <= most_deepened(staff) <= 2
        assert 1 <= len(staff.curveballs) <= 2
        assert all(move.quote for move in staff.moves if move.kind is MoveKind.CURVEBALL)


# --- what happens with whom -------------------------------------------------------------------------------------------


def test_a_late_bloomer_earns_more_late_than_early(played: Play) -> None:
    for problem in ("spam-detection", "event-recommendation"):
        view, card = played(problem, "late-bloomer")
        third = len(view.turns) / 3
        early = sum(mark.credit for mark in card.marks if mark.turn <= third)
        late = sum(mark.credit for mark in card.marks if mark.turn > 2 * third)
        assert late > early
        assert not view.ended or kinds(view)[-1] is MoveKind.DEBRIEF


def test_a_monologue_is_not_cut_short_but_steered(played: Play) -> None:
    for problem in ("ad-click-prediction", "similar-listings"):
        view, _ = played(problem, "monologuer")
        assert not any(move.steer is SteerReason.TOO_LONG for move in view.moves)
        assert sum(move.preface is Preface.BRIEFLY for move in view.moves) == 1


def test_a_one_liner_is_drawn_out(played: Play) -> None:
    for problem in ("similar-listings", "payment-fraud-detection"):
        view, _ = played(problem, "one-liner")
        assert sum(move.press is Press.MORE for move in view.moves) >= 2
        assert len({move.stage for move in view.moves}) >= 6


def test_a_rabbit_hole_is_left_for_the_rest_of_the_design(played: Play) -> None:
    for problem in ("event-recommendation", "spam-detection"):
        view, _ = played(problem, "feature-rabbit-hole")
        assert StageId.MODEL in view.entered
        assert max(view.entered, key=lambda stage: stage.rank).rank > StageId.MODEL.rank
        assert sum(move.stage is StageId.FEATURES for move in view.moves) <= 6, "it was led down the hole"


def test_who_argues_and_is_right_is_not_held_to_it(played: Play) -> None:
    view, card = played("eta-prediction", "argues-when-right")
    assert MoveKind.CHALLENGE in kinds(view)
    assert view.held == frozenset()
    assert "wrong-claim-held" not in {cap.id for cap in card.caps}


def test_who_asks_for_everything_gets_facts_and_hints_and_neither_answer_nor_score(
    played: Play, library: Library
) -> None:
    problems = ("harmful-content-detection", "people-you-may-know")
    moves = [move for problem in problems for move in played(problem, "asks-for-everything")[0].moves]
    steers = {SteerReason.WANTS_ANSWER, SteerReason.WANTS_SCORE, SteerReason.INSTRUCTION}
    assert steers <= {move.steer for move in moves}
    assert {MoveKind.TELL, MoveKind.HINT} <= {move.kind for move in moves}
    for problem in problems:
        view, card = played(problem, "asks-for-everything")
        assert all(move.rung <= 2 for move in view.moves), "the last rung was given in a strict interview"
        said = " ".join(words(view))
        assert not any(point.statement in said or point.strong in said for point in library.problems[problem].points)
        assert card.verdict is Verdict.NO_HIRE


# --- conduct ----------------------------------------------------------------------------------------------------------

EVERYBODY = sorted(
    (path.parent.name, path.stem)
    for path in CANDIDATES.glob("*/*.yaml")
    if path.stem not in {"strong", "middling"} and not (path.stem == "weak" and path.with_name("strong.yaml").exists())
)
"""Without those of `test_candidates.py`."""
TALKATIVE = 80
"""Words per turn from which the share of words is the interviewer's to answer for."""


@pytest.mark.parametrize(("problem", "name"), EVERYBODY)
def test_the_interviewer_keeps_its_form(problem: str, name: str, played: Play) -> None:
    view, _ = played(problem, name)
    said = words(view)
    lengths = [len(text.split()) for text in said]
    assert statistics.median(lengths) <= MEDIAN_WORDS
    assert max(lengths) <= MOST_WORDS
    assert all(text.count("?") <= 1 for text in said)
    assert not [text for text in said if PRAISE.search(re.sub("“[^”]*”", "", text))]
    spoken = [len(turn.text.split()) for turn in view.turns if turn.who == "candidate" and turn.scored]
    if statistics.mean(spoken) >= TALKATIVE:
        assert sum(lengths) <= TALK_SHARE * (sum(lengths) + sum(spoken))


def test_there_are_twelve_temperaments_on_six_problems() -> None:
    names = {name for _, name in EVERYBODY}
    assert len(names) >= 12
    assert len({problem for problem, _ in EVERYBODY}) >= 6
