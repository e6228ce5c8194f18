"""Token counts without a network, and what is left out when a window is small."""

from __future__ import annotations

import gzip
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ModelRefused, UsageError
from agent.models import budget
from agent.models.budget import DROPPED_AT_ONCE, MARGIN, MESSAGE_TOKENS, REPLY_TOKENS, count, encoding, pack
from agent.models.port import Message

SUMMARY = "(Earlier: two-tower retrieval, 50 ms p99.)"


def words(text: str) -> int:
    return len(text.split())


def cost(messages: list[Message]) -> float:
    return MARGIN * (REPLY_TOKENS + sum(MESSAGE_TOKENS + words(message.content) for message in messages))


def conversation(lengths: list[tuple[int, int]]) -> list[Message]:
    """System message, one exchange per pair of lengths in words, and a last user message of three words."""
    messages = [Message("system", "rules rules")]
    for number, (user, assistant) in enumerate(lengths):
        messages.append(Message("user", f"u{number} " + "w " * user))
        messages.append(Message("assistant", f"a{number} " + "w " * assistant))
    return [*messages, Message("user", "the last answer")]


@pytest.mark.parametrize(("name", "tokens"), [("o200k_base", [24912, 2375]), ("cl100k_base", [15339, 1917])])
def test_the_encodings_are_openais(name: budget.EncodingName, tokens: list[int]) -> None:
    assert encoding(name).encode("hello world") == tokens  # the values that tiktoken itself gives
    assert count("Кириллица и 中文, DON'T!", name) == {"o200k_base": 9, "cl100k_base": 13}[name]


def test_special_tokens_in_an_answer_are_plain_text() -> None:
    assert count("<|endoftext|>") > 1


def test_damaged_ranks_are_reported_and_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip, "decompress", lambda _: b"aGk= 0\n")
    with pytest.raises(UsageError, match="install hotseat again"):
        encoding.__wrapped__("o200k_base")


def test_the_ranks_come_with_the_package_and_say_where_from() -> None:
    folder = resources.files("agent.models").joinpath("ranks")
    text = folder.joinpath("README.md").read_text(encoding="utf-8")
    for name, (digest, _, _) in budget._SPECS.items():
        assert folder.joinpath(f"{name}.tiktoken.gz").is_file()
        assert digest in text


def test_what_fits_is_left_as_it_is() -> None:
    messages = conversation([(10, 5)] * 6)
    assert pack(messages, window=1000, reply=90, summary=SUMMARY, count=words) == messages


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=14), st.integers(60, 900))
def test_packing(lengths: list[tuple[int, int]], window: int) -> None:
    messages = conversation(lengths)
    try:
        packed = pack(messages, window=window, reply=20, summary=SUMMARY, count=words)
    except ModelRefused:
        smallest = [*messages[:3], messages[-1], Message("user", SUMMARY if len(lengths) > 1 else "")]
        assert cost(smallest) + 20 > window
        return
    assert cost(packed) + 20 <= window
    assert packed[:3] == messages[:3]  # rules and brief
    assert packed[-1].content.endswith("the last answer")
    assert all(one.role != other.role for one, other in pairwise(packed))
    dropped = len(messages) - len(packed)
    assert packed[4:] == messages[4 + dropped :]  # the newest, unbroken
    assert (SUMMARY in packed[3].content) is (dropped > 0)
    assert packed[3].content.endswith(messages[3 + dropped].content)


def test_the_cached_prefix_lives_for_several_turns() -> None:
    """As an interview grows, the messages behind the brief change only every few turns."""
    starts = []
    for turns in range(20, 32):
        packed = pack(conversation([(20, 10)] * turns), window=400, reply=20, summary=SUMMARY, count=words)
        starts.append(packed[4].content)
    assert len(set(starts)) <= len(starts) / DROPPED_AT_ONCE + 1


def test_an_answer_that_cannot_fit_is_a_model_error() -> None:
    with pytest.raises(ModelRefused, match="window of 100 tokens"):
        pack([Message("user", "w " * 200)], window=100, reply=20, summary=SUMMARY, count=words)
