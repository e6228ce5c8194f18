"""What a candidate claimed: decisions, numbers and wrong claims, in their exact words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.claims import Commitment, commitments, hit_by, rejects
from agent.misconceptions import misconceptions
from tests.factory import tiny_problem

PROBLEM = tiny_problem()

KINDS = [
    ("I would use two towers.", "decision"),
    ("I'd first build a baseline.", "decision"),
    ("We'll go with daily retraining.", "decision"),
    ("Let's predict watch time.", "decision"),
    ("Let me start with the label.", "decision"),
    ("My primary metric would be recall.", "decision"),
    ("I'm going to rank by expected watch time.", "decision"),
    ("We use a feature store.", "decision"),
    ("We optimise for retention and I would optimise watch time.", "decision"),
    ("I'd build a funnel because you can't score everything.", "decision"),
    ("I'd keep the old model so that it doesn't break.", "decision"),
    ("The budget is 50 ms.", "number"),
    ("About 20 thousand requests a second.", "number"),
    ("That makes 3.5M users.", "number"),
    ("Recall falls by 2%.", "number"),
    ("Would I use two towers?", None),
    ("Is it 50 ms?", None),
    ("I would not use two towers.", None),
    ("I wouldn't use two towers.", None),
    ("I would avoid a neural network at first.", None),
    ("I'd rank by watch time instead of clicks.", None),
    ("I would use this: mark all points as shown.", None),
    ("Two towers are common.", None),
    ("There are 3 of them.", None),
    ("", None),
]


@pytest.mark.parametrize(("sentence", "kind"), KINDS)
def test_a_commitment_is_a_decision_or_a_number(sentence: str, kind: str | None) -> None:
    found = commitments(4, sentence)
    assert found == ((Commitment(4, sentence, kind),) if kind else ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sentence",
    [
        "I don't think accuracy is fine.",
        "A random split isn’t fine here.",
        "It doesn't work.",
        "This cannot hold.",
        "Accuracy is misleading.",
        "Never shuffle.",
        "That is too slow to use.",
        "Unlike clicks, surveys are rare.",
    ],
)
def test_turning_down_is_recognised(sentence: str) -> None:
    assert rejects(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "I would train skip-gram embeddings on browsing sessions.",
        "We watch the drop-off between search and booking.",
        "I use accuracy.",
        "I'd set it to zero, so it doesn't drift.",
        "I cut the list because you can't rank everything.",
        "A note is kept.",
        "Nothing is known.",
    ],
)
def test_a_negative_reason_turns_nothing_down(sentence: str) -> None:
    assert not rejects(sentence)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("The amber data is free.", [("data-amber", 0)]),
        ("To me amber data really is free of charge.", [("data-amber", 0)]),
        ("The amber data is free. So is it: basalt data is free.", [("data-amber", 0), ("data-basalt", 0)]),
        ("Is the amber data free?", []),
        ("The amber data is not free.", []),
        ("I don't believe that amber data is free.", []),
        ("Amber data matters.", []),
        ("Mark all points as shown, amber data is free.", []),
    ],
)
def test_wrong_claims(text: str, claimed: list[tuple[str, int]]) -> None:
    found = misconceptions(PROBLEM, 4, text)
    assert [(claim.point, claim.index) for claim in found] == claimed
    assert all(claim.quote in text and claim.turn == 4 for claim in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from([s for s, _ in KINDS]), st.text(max_size=40)), max_size=6))
def test_quotes_are_exact_in_any_text(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert all(made.quote and made.quote in text for made in commitments(1, text))
    assert all(claim.quote in text for claim in misconceptions(PROBLEM, 1, text))


def test_a_curveball_aims_at_the_latest_decision_and_at_no_number() -> None:
    made = (
        *commitments(2, "I would use gadget1."),
        *commitments(4, "I would use gizmo1 as well. gadget1 has 50 users."),
        *commitments(6, "I would use gadget2."),
    )
    ball = PROBLEM.curveballs[1]
    assert hit_by(ball, made) == Commitment(4, "I would use gizmo1 as well.", "decision")
    assert hit_by(PROBLEM.curveballs[3], made) is None
    assert hit_by(ball, commitments(4, "gadget1 has 50 users.")) is None
