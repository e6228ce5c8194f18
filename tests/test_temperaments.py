"""Twelve temperaments of candidates, played without a model: what must and what must not happen with each."""

from __future__ import annotations

import re
import statistics

import pytest

from agent.events import MoveKind, Preface, Press, SteerReason
from agent.scorecard import Verdict
from agent.view import View
from knowledge.library import Library
from knowledge.schema import Level, StageId
from tests.played import CANDIDATES, GAP, MIDDLE_GAP, Play, middle

MEDIAN_WORDS, MOST_WORDS, TALK_SHARE = 35, 60, 0.2
PRAISE = re.compile(
    r"\b(great|good (point|answer|question|job|work)|excellent|perfect|well done|nice|impressive|awesome|brilliant|"
    r"love (it|that)|(you are|you're|that is|that's) (right|correct)|spot on)\b",
    re.IGNORECASE,
)

SCORE = re.compile(
    r"\b(your score|score ?card|rubric|(strong |lean )?(no )?hire|out of \d+|you (have )?(passed|failed))\b",
    re.IGNORECASE,
)


def words(view: View) -> list[str]:
    """What the interviewer said after the opening and before the close."""
    return [t.text for t in view.turns[1:] if t.who == "interviewer" and t.scored]


def kinds(view: View) -> list[MoveKind]:
    return [move.kind for move in view.moves]


def most_deepened(view: View) -> int:
    """Trade-offs asked for in the stage where most were."""
    stages = [move.stage for move in view.moves if move.kind is MoveKind.DEEPEN and not move.press]
    return max((stages.count(stage) for stage in stages), default=0)


# --- who there is -----------------------------------------------------------------------------------------------------

SIX = (
    "ad-click-prediction",
    "news-feed-ranking",
    "payment-fraud-detection",
    "similar-listings",
    "spam-detection",
    "visual-search",
)
TWELVE = (
    "strong-senior",
    "staff",
    "solid-mid",
    "weak",
    "late-bloomer",
    "keyword-stuffer",
    "confident-bluffer",
    "monologuer",
    "one-liner",
    "feature-rabbit-hole",
    "argues-when-right",
    "asks-for-everything",
)
OTHER_NAMES = {"strong-senior": "strong", "solid-mid": "middling"}
"""Under which `test_candidates.py` has them."""


def script_of(problem: str, temperament: str) -> str | None:
    """The file of a temperament; None where nobody wrote one."""
    names = (temperament, OTHER_NAMES.get(temperament, temperament))
    return next((name for name in names if (CANDIDATES / problem / f"{name}.yaml").exists()), None)


def everywhere(temperament: str) -> list[tuple[str, str]]:
    """Problem and file of each script of a temperament."""
    problems = sorted(path.name for path in CANDIDATES.iterdir())
    return [(problem, name) for problem in problems if (name := script_of(problem, temperament))]


def each(temperament: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("problem", "name"), everywhere(temperament))


def test_there_are_twelve_temperaments_on_six_problems() -> None:
    assert {(problem, one) for problem in SIX for one in TWELVE if script_of(problem, one) is None} == set()


# --- who scores above whom --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", SIX)
def test_strong_beats_mid_beats_weak(problem: str, played: Play) -> None:
    three = ("strong-senior", "solid-mid", "weak")
    strong, mid, weak = (played(problem, script_of(problem, one)).card for one in three)
    found = f"{strong.likely} {mid.likely} {weak.likely}"
    assert strong.overall >= mid.overall + GAP, found
    assert strong.likely.low > mid.likely.high, found
    assert middle(mid) >= middle(weak) + MIDDLE_GAP, found
    assert strong.best.rank > mid.best.rank, found


@pytest.mark.parametrize("problem", SIX)
@pytest.mark.parametrize("temperament", ["keyword-stuffer", "confident-bluffer"])
def test_stuffing_and_bluffing_score_below_solid_mid(problem: str, temperament: str, played: Play) -> None:
    card = played(problem, temperament).card
    assert middle(card) < middle(played(problem, script_of(problem, "solid-mid")).card)
    assert card.verdict.rank <= Verdict.LEAN_NO.rank


@each("confident-bluffer")
def test_a_bluffer_stays_without_a_hire(problem: str, name: str, played: Play) -> None:
    assert played(problem, name).card.verdict is Verdict.NO_HIRE


def test_bluffers_are_pressed_and_their_wrong_claims_are_questioned(played: Play) -> None:
    views = [played(problem, name).view for problem, name in everywhere("confident-bluffer")]
    pushed = [any(move.press or move.kind is MoveKind.CHALLENGE for move in view.moves) for view in views]
    assert pushed.count(False) <= 1
    assert sum(MoveKind.CHALLENGE in kinds(view) for view in views) >= len(views) / 2


@each("staff")
def test_staff_is_probed_deeper_at_staff_level_and_meets_at_most_two_curveballs(
    problem: str, name: str, played: Play
) -> None:
    senior, staff = (played(problem, name, level).view for level in (Level.SENIOR, Level.STAFF))
    assert most_deepened(senior) <= 1
    assert most_deepened(staff) <= 2
    assert len(senior.curveballs) <= 1
    assert len(staff.curveballs) <= 2
    assert all(move.quote for move in staff.moves if move.kind is MoveKind.CURVEBALL)


def test_staff_level_goes_deeper_somewhere(played: Play) -> None:
    views = [played(problem, name, Level.STAFF).view for problem, name in everywhere("staff")]
    assert any(most_deepened(view) == 2 for view in views)
    assert sum(bool(view.curveballs) for view in views) > len(views) / 2
    assert any(len(view.curveballs) == 2 for view in views)


# --- what happens with whom -------------------------------------------------------------------------------------------


@each("late-bloomer")
def test_a_late_bloomer_earns_more_late_than_early(problem: str, name: str, played: Play) -> None:
    one = played(problem, name)
    view, card = one.view, one.card
    third = len(view.turns) / 3
    early = sum(mark.credit for mark in card.marks if mark.turn <= third)
    late = sum(mark.credit for mark in card.marks if mark.turn > 2 * third)
    assert late > early
    assert kinds(view)[-1] is MoveKind.DEBRIEF


@each("monologuer")
def test_a_monologue_is_not_cut_short_but_steered(problem: str, name: str, played: Play) -> None:
    view = played(problem, name).view
    assert not any(move.steer is SteerReason.TOO_LONG for move in view.moves)
    assert sum(move.preface is Preface.BRIEFLY for move in view.moves) == 1


@each("one-liner")
def test_a_one_liner_is_drawn_out(problem: str, name: str, played: Play) -> None:
    view = played(problem, name).view
    assert sum(move.press is Press.MORE for move in view.moves) >= 2
    assert len({move.stage for move in view.moves}) >= 6


@each("feature-rabbit-hole")
def test_a_rabbit_hole_is_left_for_the_rest_of_the_design(problem: str, name: str, played: Play) -> None:
    view = played(problem, name).view
    assert max(view.entered, key=lambda stage: stage.rank).rank > StageId.MODEL.rank
    assert sum(move.stage is StageId.FEATURES for move in view.moves) <= 6, "it was led down the hole"


@each("argues-when-right")
def test_who_argues_and_is_right_is_not_held_to_it(problem: str, name: str, played: Play) -> None:
    one = played(problem, name)
    view, card = one.view, one.card
    assert any(move.kind is MoveKind.CHALLENGE and move.point for move in view.moves)
    assert view.held == frozenset()
    assert "wrong-claim-held" not in {cap.id for cap in card.caps}


def test_who_argues_and_is_right_is_mostly_told_so(played: Play) -> None:
    views = [played(problem, name).view for problem, name in everywhere("argues-when-right")]
    challenged = sum(len(view.challenged) for view in views)
    assert sum(len(view.conceded) for view in views) >= challenged / 2


@each("asks-for-everything")
def test_who_asks_for_everything_gets_neither_answer_nor_score(
    problem: str, name: str, played: Play, library: Library
) -> None:
    one = played(problem, name)
    view, card = one.view, one.card
    assert MoveKind.TELL in kinds(view)
    assert all(move.rung <= 2 for move in view.moves), "the last rung was given in a strict interview"
    said = " ".join(words(view))
    assert not any(point.statement in said or point.strong in said for point in library.problems[problem].points)
    assert not SCORE.search(said)
    assert card.verdict is Verdict.NO_HIRE


def test_who_asks_for_answer_and_score_is_steered(played: Play) -> None:
    moves = [move for problem, name in everywhere("asks-for-everything") for move in played(problem, name).view.moves]
    assert any(move.kind is MoveKind.HINT for move in moves)
    steers = {SteerReason.WANTS_ANSWER, SteerReason.WANTS_SCORE, SteerReason.INSTRUCTION}
    assert steers <= {move.steer for move in moves}


# --- conduct ----------------------------------------------------------------------------------------------------------

EVERYBODY = sorted((path.parent.name, path.stem) for path in CANDIDATES.glob("*/*.yaml"))
TALKATIVE = 80
"""Words per turn from which the share of words is the interviewer's to answer for."""


@pytest.mark.parametrize(("problem", "name"), EVERYBODY)
def test_the_interviewer_keeps_its_form(problem: str, name: str, played: Play) -> None:
    view = played(problem, name).view
    said = words(view)
    lengths = [len(text.split()) for text in said]
    if kinds(view).count(MoveKind.TELL) <= len(said) / 2:  # else the length of facts is what the candidate asked for
        assert statistics.median(lengths) <= MEDIAN_WORDS
    assert max(lengths) <= MOST_WORDS
    assert all(text.count("?") <= 1 for text in said)
    assert not [text for text in said if PRAISE.search(re.sub("“[^”]*”", "", text))]
    spoken = [len(turn.text.split()) for turn in view.turns if turn.who == "candidate" and turn.scored]
    if statistics.mean(spoken) >= TALKATIVE:
        assert sum(lengths) <= TALK_SHARE * (sum(lengths) + sum(spoken))
