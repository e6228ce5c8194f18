"""The file cache of vectors: right vectors always, work only once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.vectors import CHUNK, VectorCache

TEXTS = [f"text number {n}" for n in range(CHUNK + 3)]


class Counting:
    dimension = 4

    def __init__(self, name: str = "counting"):
        self.name = name
        self.embedded = 0

    def embed(self, texts):
        self.embedded += len(texts)
        return np.array([[len(text), *map(ord, text[-3:])] for text in texts], dtype=np.float32)


def test_a_second_start_embeds_nothing(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    wanted = VectorCache(first, tmp_path).embed(TEXTS)
    again = VectorCache(second, tmp_path).embed(TEXTS)
    assert (first.embedded, second.embedded) == (len(TEXTS), 0)
    np.testing.assert_array_equal(again, wanted)


def test_a_changed_text_or_embedder_is_embedded_anew(tmp_path: Path) -> None:
    VectorCache(Counting(), tmp_path).embed(TEXTS)
    changed, other = Counting(), Counting("another")
    VectorCache(changed, tmp_path).embed([*TEXTS[:-1], "changed"])
    VectorCache(other, tmp_path).embed(TEXTS)
    assert changed.embedded == other.embedded == len(TEXTS)


@pytest.mark.parametrize("damage", [b"", b"not numpy", b"\x93NUMPY garbled"])
def test_a_damaged_file_is_embedded_anew(tmp_path: Path, damage: bytes) -> None:
    wanted = VectorCache(Counting(), tmp_path).embed(TEXTS)
    for path in tmp_path.iterdir():
        path.write_bytes(damage)
    np.testing.assert_array_equal(VectorCache(Counting(), tmp_path).embed(TEXTS), wanted)


def test_an_unwritable_folder_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    embedder = Counting()
    assert VectorCache(embedder, tmp_path / "file" / "below").embed(TEXTS).shape == (len(TEXTS), 4)


def test_progress_reaches_the_total_and_is_silent_when_nothing_is_done(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    VectorCache(Counting(), tmp_path).embed(TEXTS, lambda done, total: steps.append((done, total)))
    assert steps == [(CHUNK, len(TEXTS)), (len(TEXTS), len(TEXTS))]
    VectorCache(Counting(), tmp_path).embed(TEXTS, lambda done, total: steps.append((0, 0)))
    assert len(steps) == 2
