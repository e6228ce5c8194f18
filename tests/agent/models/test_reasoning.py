"""Thoughts never reach the candidate, wherever a stream is cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.reasoning import Reasoning

FRAGMENTS = st.sampled_from(["<think>", "</think>", "<", "</", "think>", "<thi", "a", "secret ", " ", "\n", "<b>", ">"])


def shown(pieces: list[str]) -> str:
    thoughts = Reasoning()
    return "".join([thoughts.feed(piece) for piece in pieces] + [thoughts.end()])


def whole(text: str) -> str:
    """The same, seen at once."""
    return re.sub(r"<think>.*?(</think>|\Z)|</think>", "", text, flags=re.DOTALL).lstrip()


@given(st.lists(FRAGMENTS, max_size=12).map("".join), st.data())
def test_cuts_do_not_matter(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert shown(pieces) == whole(text)


@given(st.text(st.characters(exclude_characters="<"), max_size=40))
def test_text_without_tags_is_untouched_but_for_leading_blanks(text: str) -> None:
    assert shown(list(text)) == text.lstrip()


@given(st.text(max_size=20), st.text(max_size=20).filter(lambda text: "<" not in text))
def test_text_is_shown_as_soon_as_it_cannot_be_a_tag(before: str, word: str) -> None:
    thoughts = Reasoning()
    thoughts.feed(before.replace("<", "") + "x")
    assert thoughts.feed(word) == word


@pytest.mark.parametrize(
    ("pieces", "stray"),
    [(["points</thi", "nk> ok"], True), (["<think>a</think>b"], False), (["<think>a</think></think>b"], True)],
)
def test_a_thought_that_was_never_opened_is_reported(pieces: list[str], stray: bool) -> None:
    thoughts = Reasoning()
    for piece in pieces:
        thoughts.feed(piece)
    assert thoughts.stray is stray
