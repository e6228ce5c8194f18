"""Counted words: kept between starts, and never a reason to fail."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge import words
from knowledge.words import Words, count_words

TEXTS = ("feature store skew", "drift of features", "calibration", "skew skew")


class Counted:
    """Texts that know how often they were asked for."""

    def __init__(self, texts: Sequence[str] = TEXTS):
        self.times = 0
        self._texts = texts

    def __call__(self) -> Sequence[str]:
        self.times += 1
        return self._texts


def kept_words(folder: Path, fingerprint: str, texts: Counted) -> Words:
    return words.kept_words(folder, fingerprint, {"texts": texts})["texts"]


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*words-*"))


def test_words_are_counted_once_and_score_the_same_when_read_again(tmp_path: Path) -> None:
    texts = Counted()
    first = kept_words(tmp_path, "v1", texts).scores("feature skew")
    again = kept_words(tmp_path, "v1", texts).scores("feature skew")
    assert texts.times == 1
    assert np.array_equal(first, again)
    assert np.array_equal(first, count_words(TEXTS).scores("feature skew"))
    assert first[2] == 0 < first[3] < first[0]


def test_other_texts_are_counted_anew_and_the_old_counts_leave(tmp_path: Path) -> None:
    kept_words(tmp_path, "v1", Counted())
    (old,) = kept(tmp_path)
    texts = Counted(("only drift",))
    assert len(kept_words(tmp_path, "v2", texts).scores("drift")) == 1
    assert texts.times == 1
    assert len(kept(tmp_path)) == 1
    assert kept(tmp_path) != [old]


def test_another_way_of_counting_is_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_words(tmp_path, "v1", Counted())
    monkeypatch.setattr(words, "FORMAT", "other")
    texts = Counted()
    kept_words(tmp_path, "v1", texts)
    assert texts.times == 1


@pytest.mark.parametrize("damage", ["data.csc.index.npy", "vocab.index.json", "params.index.json"])
def test_damage_costs_a_count(tmp_path: Path, damage: str) -> None:
    kept_words(tmp_path, "v1", Counted())
    next(tmp_path.glob(f"words-*/texts/{damage}")).write_bytes(b"\x93NUMPY not really")
    texts = Counted()
    assert kept_words(tmp_path, "v1", texts).scores("skew")[3] > 0
    assert texts.times == 1
    unharmed = Counted()
    kept_words(tmp_path, "v1", unharmed)
    assert unharmed.times == 0


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert kept_words(missing, "v1", Counted()).scores("skew")[3] > 0
    assert not missing.exists()
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_several_counts_are_kept_together_under_their_names(tmp_path: Path) -> None:
    both = {"texts": Counted(), "more": Counted(("burrow", "wombat"))}
    words.kept_words(tmp_path, "v1", both)
    again = words.kept_words(tmp_path, "v1", both)
    assert (again["texts"].scores("skew")[3] > 0, again["more"].scores("wombat")[1] > 0) == (True, True)
    assert [texts.times for texts in both.values()] == [1, 1]
    words.kept_words(tmp_path, "v1", {"texts": both["texts"]})  # other names, another cache
    assert both["texts"].times == 2


@pytest.mark.parametrize("texts", [(), ("", "the of a")])
def test_texts_without_words_score_nothing(tmp_path: Path, texts: tuple[str, ...]) -> None:
    made = Counted(texts)
    for _ in range(2):
        assert kept_words(tmp_path, "v1", made).scores("skew").tolist() == [0.0] * len(texts)
    assert made.times == 1
