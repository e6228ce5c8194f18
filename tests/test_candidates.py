"""Three scripted candidates per problem, played without a model: the better one scores higher, by a margin."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from agent.events import MoveKind, Setup
from agent.interviewer import Interviewer
from agent.reader import Reader
from agent.scorecard import Scorecard, Scoring
from agent.store import Store
from agent.view import View
from knowledge.library import Library
from ui.play import play, read_candidate

CANDIDATES = Path(__file__).parent / "candidates"
PROBLEMS = ("video-recommendation", "payment-fraud-detection", "rag-support-assistant")
LATER = ("search-ranking", "ml-platform", "eta-prediction", "street-view-blurring")
"""Written by people who had not seen the content, when the reader was finished."""
KINDS = ("strong", "middling", "weak")
GAP, MIDDLE_GAP = 20.0, 5.0
"""Least distance in points: between strong and middling of what is sure, between middling and weak, whose answers the
reader mostly leaves open, of the middle of what is likely."""
SECONDS = 10.0
"""Of processor time: the same on a busy machine."""

ALL = pytest.mark.parametrize(("problem", "kind"), [(problem, kind) for problem in PROBLEMS for kind in KINDS])


@dataclass(frozen=True)
class Played:
    view: View
    card: Scorecard
    seconds: float


Play = Callable[[str, str], Played]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, library: Library, scoring: Scoring, reader: Reader) -> Play:
    """Plays a candidate once, however many tests look at it."""
    store = Store(tmp_path_factory.mktemp("candidates"))
    interviewer = Interviewer(library=library, scoring=scoring, store=store, reader=reader)

    async def to_the_end(problem: str, kind: str) -> str:
        script = read_candidate(CANDIDATES / problem / f"{kind}.yaml")
        return [interview async for interview in play(interviewer, Setup(problem=problem), script)][-1]

    @cache
    def one(problem: str, kind: str) -> Played:
        reader.prepare(library.problems[problem])
        began = time.process_time()
        interview = asyncio.run(to_the_end(problem, kind))
        seconds = time.process_time() - began
        view = interviewer.view(interview)
        return Played(view, interviewer.score(view), seconds)

    return one


@pytest.mark.parametrize("problem", [*PROBLEMS, *LATER])
def test_the_better_candidate_scores_higher_by_a_margin(problem: str, played: Play) -> None:
    strong, middling, weak = (played(problem, kind).card for kind in KINDS)
    found = f"{strong.likely} {middling.likely} {weak.likely}"
    assert strong.overall >= middling.overall + GAP, found
    assert strong.likely.low > middling.likely.high, found
    assert middle(middling) >= middle(weak) + MIDDLE_GAP, found


def middle(card: Scorecard) -> float:
    """Of what the score is likely to come to."""
    return (card.likely.low + card.likely.high) / 2


@ALL
def test_the_interview_is_closed_in_its_time(problem: str, kind: str, played: Play) -> None:
    one = played(problem, kind)
    assert one.view.ended
    assert [move.kind for move in one.view.moves[-2:]] == [MoveKind.CLOSE, MoveKind.DEBRIEF]
    assert one.card.minutes <= 45
    assert one.seconds < SECONDS
    assert one.view.degraded == ()


@ALL
def test_every_mark_quotes_what_was_said_in_its_turn(problem: str, kind: str, played: Play) -> None:
    one = played(problem, kind)
    for mark in one.card.marks:
        turn = one.view.turns[mark.turn - 1]
        assert turn.who == "candidate"
        assert len(mark.quote.split()) >= 3
        assert mark.source == "words"
        assert mark.quote in turn.text


@pytest.mark.parametrize("problem", PROBLEMS)
def test_no_question_is_asked_twice(problem: str, played: Play) -> None:
    asked = [move.point for move in played(problem, "weak").view.moves if move.kind is MoveKind.PROBE]
    assert len(asked) == len(set(asked)) > 3
