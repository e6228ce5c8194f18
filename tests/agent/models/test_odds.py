"""Log-odds from listed first tokens: never infinite, never invented."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.odds import yes_log_odds

CASES = [
    pytest.param([("Yes", math.log(0.8)), ("No", math.log(0.2))], math.log(4), id="plain"),
    pytest.param([("yes", math.log(0.2)), (" YES", math.log(0.2)), ("no", math.log(0.1))], math.log(4), id="spellings"),
    pytest.param([("Yes", math.log(0.9))], math.log(9), id="only-one-listed"),
    pytest.param([("Yes", math.log(0.9)), ("I", math.log(0.02))], math.log(45), id="bounded-by-the-rarest"),
    pytest.param([("No", math.log(0.9)), ("I", math.log(0.02))], -math.log(45), id="bounded-no"),
    pytest.param([("Yes", 0.0)], math.log(1e6), id="certain"),
    pytest.param([("Yes", 0.0), ("No", -math.inf)], math.log(1e6), id="impossible"),
    pytest.param([("Yes", 0.0), ("No", -9999.0)], math.log(1e6), id="vllm-minus-9999"),
    pytest.param([("<think>", -0.001), ("Yes", -9.0), ("No", -12.0)], None, id="about-to-think"),
    pytest.param([("Yesterday", -0.1), ("Nothing", -3.0)], None, id="other-words"),
    pytest.param([], None, id="nothing"),
]


@pytest.mark.parametrize(("tokens", "odds"), CASES)
def test_odds(tokens: list[tuple[str, float]], odds: float | None) -> None:
    assert yes_log_odds(tokens) == (None if odds is None else pytest.approx(odds))


@given(st.lists(st.tuples(st.sampled_from(["Yes", " no", "NO", "The"]), st.floats(max_value=0.0)), max_size=6))
def test_never_infinite_and_symmetric(tokens: list[tuple[str, float]]) -> None:
    swap = {"yes": "no", "no": "yes"}
    odds = yes_log_odds(tokens)
    mirrored = yes_log_odds([(swap.get(text.strip().lower(), text), log) for text, log in tokens])
    assert odds is None or math.isfinite(odds)
    assert mirrored == (None if odds is None else pytest.approx(-odds))
