"""Where an answer waves its hands, and where it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import Press
from agent.handwaving import waved

WAVES = [
    (
        "There is an app in front. It calls the service, and events go through Kafka. Then a job reads them.",
        Press.REASON,
        "and events go through Kafka.",
    ),
    (
        "We put a cache in front of the store and the whole thing scales horizontally without any trouble at all.",
        Press.NUMBER,
        "We put a cache in front of the store and the whole thing scales horizontally without any trouble at all.",
    ),
    ("A gradient boosted tree.", Press.MORE, "A gradient boosted tree."),
]


@pytest.mark.parametrize(("said", "press", "quote"), WAVES)
def test_hand_waving_is_found_with_the_words_it_is_in(said: str, press: Press, quote: str) -> None:
    assert waved(said, asked_for_cost=False) == (press, quote)


def test_a_dodged_trade_off_is_asked_for_again_where_it_was_the_question() -> None:
    said = "It gives us fresh features for every user and everybody sees the newest items."
    assert waved(said, asked_for_cost=True) == (Press.COST, said)
    assert waved(said, asked_for_cost=False) is None


EXPLAINS = [
    "Events go through Kafka because two teams read the same stream and must not wait for each other.",
    "At peak it is real time, 2,000 requests a second over six machines.",
    "I would not use Kafka here. A nightly file is enough, and it is one job less to watch for the team.",
    "Would a feature store help us with that, or do we already have one in the company that I can use?",
    "We keep counts per user and hour. They are read with one lookup from memory when the page is built.",
]


@pytest.mark.parametrize("said", EXPLAINS)
def test_what_is_reasoned_numbered_rejected_or_asked_is_left_alone(said: str) -> None:
    assert waved(said, asked_for_cost=False) is None


def test_what_happens_when_a_component_fails_is_not_its_introduction() -> None:
    assert (
        waved("If the feature store times out, we score with the defaults of the day before.", asked_for_cost=False)
        is None
    )


def test_a_reason_in_the_next_sentence_counts() -> None:
    assert waved("We put a bandit on top of it. Otherwise new items are never seen.", asked_for_cost=False) is None


@given(st.text(max_size=300), st.booleans())
def test_any_text_can_be_read_and_the_quote_is_verbatim(text: str, asked: bool) -> None:
    found = waved(text, asked_for_cost=asked)
    assert found is None or found[1] in text
