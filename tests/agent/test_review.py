"""What the report says beside the marks: it rests on quotes and on authored answers, and it never scores."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.content import load_scoring
from agent.events import Depth, MoveKind, Promptedness, Setup
from agent.review import Review, review
from agent.scorecard import Verdict
from agent.scoring import score
from agent.view import View
from knowledge.schema import Dimension, Level, StageId
from tests.agent.script import Script
from tests.factory import shown, tiny_library

LIBRARY = tiny_library()
PROBLEM = LIBRARY.problems["tiny"]
POINTS = [point.id for point in PROBLEM.points]
SCORING = load_scoring()


def reviewed(view: View) -> Review:
    return review(view, score(view, SCORING, LIBRARY.stages), SCORING, LIBRARY.stages)


def opened(level: Level = Level.SENIOR) -> Script:
    return Script(Setup(problem="tiny", level=level)).say(MoveKind.OPEN)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(POINTS), st.sampled_from(["shown", "unsure"]), st.sampled_from(list(Depth))),
        max_size=12,
        unique_by=lambda one: one[0],
    )
)
def test_any_interview_can_be_reviewed_and_what_is_quoted_was_said(read: list[tuple[str, str, Depth]]) -> None:
    script = opened()
    for point, state, depth in read:
        script.answer(f"About {point}. I think so.", shown(point, f"About {point}.", depth, state))
        script.say(MoveKind.PROBE, point=point, stage=PROBLEM.stage_of(point))
    script.answer("Nothing more.")
    said = " ".join(turn.text for turn in script.view.turns if turn.who == "candidate")
    found = reviewed(script.view)
    assert all(moment.quote in said for moment in found.moments)
    assert all(one.quote in said for one in found.rewrites)
    assert sum(found.stamps.counts.values()) == len({p for p, state, _ in read if state == "shown"})
    assert all(set(task.points) <= set(POINTS) for task in found.plan)


def test_the_level_is_the_highest_that_would_hire() -> None:
    script = opened()
    wanted = [point for point in PROBLEM.points if point.level is not Level.STAFF]
    for stage in StageId:
        cells = [shown(p.id, "x", Depth.JUSTIFIED) for p in wanted if PROBLEM.stage_of(p.id) is stage]
        script.answer("x because of y", *cells).say(MoveKind.ADVANCE, stage=stage)
    found = reviewed(script.view)
    assert found.at_level[Level.SENIOR][0] is Verdict.STRONG_HIRE
    assert found.levelled is not None
    assert found.levelled.rank >= Level.SENIOR.rank
    assert reviewed(opened().view).levelled is None


def test_a_probe_that_was_not_met_is_a_missed_moment_with_a_better_answer_at_both_bars() -> None:
    script = opened().answer("Let us go.").say(MoveKind.PROBE, point="data-amber", stage=StageId.DATA)
    script.answer("I do not mind. Whatever.").say(MoveKind.ADVANCE, stage=StageId.FEATURES)
    found = reviewed(script.view)
    (missed,) = [moment for moment in found.moments if moment.kind == "missed"]
    assert (missed.turn, missed.points, missed.quote) == (4, ("data-amber",), "I do not mind.")
    (rewrite,) = found.rewrites
    assert rewrite.senior == PROBLEM.point("data-amber").strong
    assert rewrite.staff == f"{rewrite.senior} {PROBLEM.point('data-dune').strong}"
    assert rewrite.sources == ("some-note",)


def test_who_asks_to_finish_has_missed_nothing() -> None:
    script = opened().answer("Let us go.").say(MoveKind.PROBE, point="data-amber", stage=StageId.DATA)
    found = reviewed(script.answer("That's all from my side, I'm done.").view)
    assert [m for m in found.moments if m.kind == "missed"] == []
    assert found.rewrites == ()


def test_what_comes_before_the_answer_is_not_taken_for_it() -> None:
    script = opened().answer("Let us go.").say(MoveKind.PROBE, point="data-amber", stage=StageId.DATA)
    script.answer("Let me think for a moment...").say(MoveKind.HOLD, stage=StageId.DATA)
    script.answer("How many widget3 are there?").say(MoveKind.TELL, stage=StageId.DATA, facts=("fact-3",))
    script.answer("I do not mind at all. Whatever.").say(MoveKind.ADVANCE, stage=StageId.FEATURES)
    (missed,) = [moment for moment in reviewed(script.view).moments if moment.kind == "missed"]
    assert (missed.turn, missed.quote) == (8, "I do not mind at all.")


def test_what_nobody_could_decide_is_no_missed_moment() -> None:
    script = opened().answer("Let us go.").say(MoveKind.PROBE, point="data-amber", stage=StageId.DATA)
    script.answer("Perhaps the amber.", shown("data-amber", "Perhaps the amber.", state="unsure"))
    found = reviewed(script.view)
    assert [m for m in found.moments if m.kind == "missed"] == []
    assert found.rewrites == ()


def test_contradictions_carry_both_quotes_and_whether_they_were_put() -> None:
    script = opened().answer("The latency budget is 50 ms.").say(MoveKind.ADVANCE, stage=StageId.MODEL)
    script.answer("Then we score 1,000 candidates.")
    (found,) = reviewed(script.view).contradictions
    assert (found.earlier_turn, found.later_turn, found.asked) == (2, 4, False)
    assert found.sum == "1,000 candidates in 50 ms leaves 50 µs each"
    script.say(MoveKind.CHALLENGE, quote=found.later, earlier=found.earlier, conflict="tight-per-item")
    assert reviewed(script.view).contradictions[0].asked


def test_a_curveball_is_marked_line_by_line() -> None:
    script = opened().answer("I would use gadget1.").say(MoveKind.CURVEBALL, curveball="ball-1", stage=StageId.MODEL)
    script.answer("The gadget breaks.", heard=(shown("ball-1/0", "The gadget breaks."),))
    (found,) = reviewed(script.view).curveballs
    assert found.shown == (("Notices it.", "The gadget breaks."),)
    assert found.missing == ("Changes little.",)


def test_the_candidates_own_view_stands_beside_the_score() -> None:
    script = opened().answer("Whatever.").say(MoveKind.CLOSE, stage=StageId.WRAP)
    script.answer("I think the data part went well, but evaluation was rushed. Thanks.")
    found = {one.dimension: one for one in reviewed(script.view).self_views}
    assert found[Dimension.DATA].said == "strong"
    assert found[Dimension.EVALUATION].said == "weak"
    assert found[Dimension.EVALUATION].value == 1.0


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("I would say evaluation was my strongest part.", {Dimension.EVALUATION: "strong"}),
        (
            "The evaluation was good and the features were thin.",
            {Dimension.EVALUATION: "strong", Dimension.FEATURES: "weak"},
        ),
        ("The data was not so good.", {Dimension.DATA: "weak"}),
        ("The data was good, rushed I mean.", {}),
    ],
)
def test_what_the_candidate_calls_strong_or_weak_is_heard_so(said: str, heard: dict[Dimension, str]) -> None:
    script = opened().answer("Whatever.").say(MoveKind.CLOSE, stage=StageId.WRAP).answer(said)
    assert {one.dimension: one.said for one in reviewed(script.view).self_views} == heard


def test_the_plan_begins_with_the_dimension_that_lacks_most() -> None:
    plan = reviewed(opened().answer("Nothing.").view).plan
    assert plan[0].dimension is Dimension.DATA
    assert plan[0].points[0].startswith("data-")
    assert plan[0].reading == ("some-note",)


def test_a_point_heard_only_after_the_last_hint_stays_in_the_plan() -> None:
    script = opened().answer("x").say(MoveKind.HINT, point="data-amber", rung=3, stage=StageId.DATA)
    script.answer("x", shown("data-amber", "x"))
    found = reviewed(script.view)
    assert found.stamps.counts[Promptedness.HINT_3] == 1
    assert any("data-amber" in task.points for task in found.plan if task.dimension is Dimension.DATA)
