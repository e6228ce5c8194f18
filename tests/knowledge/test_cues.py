"""Cue phrases: stems, sentences as exact substrings, and matching checked against the definition itself."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.cues import GAP, compile_cue, first_match, sentences, stems


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Ranking rankings RANKED", "rank rank rank"),
        ("don't", "dont"),
        ("don’t", "don't"),
        ("two-tower", "two tower"),
        ("20ms", "20 ms"),
        ("3.5M users", "3.5 m user"),
        ("recall@10!", "recall 10"),
        ("Größe_x", "größe x"),
        ("... ?!", ""),
    ],
)
def test_case_punctuation_and_endings_do_not_matter(text: str, same: str) -> None:
    assert stems(text) == stems(same)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three? Four; five", ("One.", "Two!", "Three?", "Four; five")),
        ("For e.g. 3.5 ms, i.e. soon vs. later. Done.", ("For e.g. 3.5 ms, i.e. soon vs. later.", "Done.")),
        ("a list\n- first\n- second", ("a list", "- first", "- second")),
        ("  \n . \n ", ()),
        ("", ()),
        ("no end", ("no end",)),
        ("Wait... what?", ("Wait...", "what?")),
    ],
)
def test_sentences(text: str, parts: tuple[str, ...]) -> None:
    assert sentences(text) == parts


@settings(max_examples=100, deadline=None)
@given(st.text(st.one_of(st.sampled_from("ab .?!;\n\t’1é"), st.characters(codec="utf-8")), max_size=80))
def test_sentences_are_exact_substrings_in_order_and_lose_no_word(text: str) -> None:
    at = 0
    parts = sentences(text)
    for part in parts:
        at = text.index(part, at) + len(part)
        assert part == part.strip()
    assert [stem for part in parts for stem in stems(part)] == list(stems(text))


# --- matching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cue", "sentence", "found"),
    [
        ("point in time", "We join point in time.", True),
        ("point in time", "a POINT right in that time", True),
        ("point in time", "a point that is not in time", False),
        ("point in time", "in time, point", False),
        ("how many ... upload", "How many videos do people on the platform upload?", True),
        ("how many ... upload", "People upload how many?", False),
        ("how many … upload", "How many get uploaded?", True),
        ("cold start", "cold-started items", True),
        ("p99", "the p99", True),
        ("a b", "a x x b", True),
        ("a b", "a x x x b", False),
        ("a b c", "a b x b x x c", True),  # the nearest b leads nowhere, the next one does
        ("a ... a", "a", False),
        ("a b ... b", "a b b", True),
        ("a a", "a b a", True),
        ("day", "daily", False),
        ("", "anything", None),
        ("?!", "anything", None),
    ],
)
def test_a_cue_matches_in_order_within_its_gaps(cue: str, sentence: str, found: bool | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="no word"):
            compile_cue(cue)
    else:
        assert compile_cue(cue).matches(stems(sentence)) is found


def defined(runs: list[list[str]], words: list[str]) -> bool:
    """The definition, by brute force over all choices of positions."""
    flat = [word for run in runs for word in run]
    joints = [index for index in range(1, len(flat)) if index not in _starts(runs)]
    return any(
        all(words[p] == word for p, word in zip(places, flat, strict=True))
        and all(places[j] - places[j - 1] <= GAP + 1 for j in joints)
        for places in combinations(range(len(words)), len(flat))
    )


def _starts(runs: list[list[str]]) -> set[int]:
    return {sum(len(run) for run in runs[:index]) for index in range(len(runs))}


LETTERS = st.sampled_from("ab")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(LETTERS, min_size=1, max_size=3), min_size=1, max_size=2),
    st.lists(st.sampled_from("abx"), max_size=9),
)
def test_matching_is_its_definition(runs: list[list[str]], words: list[str]) -> None:
    cue = compile_cue(" ... ".join(" ".join(run) for run in runs))
    assert cue.matches(tuple(words)) is defined(runs, words)


def test_the_first_cue_that_matches_is_named() -> None:
    cues = ("two tower", "ranking model", "tower")
    assert first_match(cues, "A ranking model with a tower.") == "ranking model"
    assert first_match(cues, "Nothing of the sort.") is None
    assert first_match((), "two tower") is None
