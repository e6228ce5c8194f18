"""The index on disk: what is embedded again, and what survives crashes, damage, locks and folders that refuse."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from knowledge import chroma, index
from knowledge.index import Index, ensure_index, index_passages, text_of
from knowledge.library import Library
from knowledge.schema import Note, NoteHead, Passage, Section
from tests.knowledge.doubles import CountingEmbedder, numbered, passage

TWELVE = numbered(12)


def start(folder: Path, passages: tuple[Passage, ...] = TWELVE) -> tuple[Index, list[str]]:
    """The index as a fresh start finds it, and the texts that had to be embedded for it."""
    embedder = CountingEmbedder()
    return index_passages(passages, folder, embedder, wait=0.1), embedder.seen


def finds_everything(built: Index) -> bool:
    """Every passage is the nearest to its own vector, whoever answers."""
    direct = CountingEmbedder().embed([text_of(one) for one in built.passages])
    assert np.array_equal(built.vectors, direct)
    return all(built.dense(vector, 1)[0][0] == row for row, vector in enumerate(direct))


def uses_chroma(built: Index) -> bool:
    built.warm()
    return built._chroma is not None and built.warning is None


def stored(folder: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(folder / "index.sqlite")) as db:
        return [row[0] for row in db.execute(query)]


def caches(folder: Path) -> list[Path]:
    return sorted([*folder.glob("chroma-*"), *folder.glob("staging-*")])


# --- incremental -----------------------------------------------------------------------------------------------------


def test_the_library_is_embedded_once_with_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "BATCH", 2)
    head = NoteHead(id="drift", title="Drift", aliases=("drift",), sources=("a-case",))
    sections = tuple(Section(heading=f"Part {i}", body=f"text {i}") for i in range(3))
    library = Library(stages={}, problems={}, notes={"drift": Note(head=head, sections=sections)}, cases={})
    steps: list[tuple[int, int]] = []
    embedder = CountingEmbedder()
    first = ensure_index(library, tmp_path, embedder, lambda done, total: steps.append((done, total)))
    assert embedder.seen == ["Drift: Part 0\ntext 0", "Drift: Part 1\ntext 1", "Drift: Part 2\ntext 2"]
    assert steps == [(0, 3), (2, 3), (3, 3)]
    assert first.passages == library.passages
    assert uses_chroma(first)


def test_an_unchanged_start_embeds_nothing_and_writes_nothing(tmp_path: Path) -> None:
    start(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again, embedded = start(tmp_path)
    assert embedded == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert uses_chroma(again)
    assert finds_everything(again)


def test_only_changed_passages_are_embedded_and_vanished_ones_leave(tmp_path: Path) -> None:
    start(tmp_path)
    changed = passage("p3", "another text")
    after = (TWELVE[5], changed, *TWELVE[6:])
    built, embedded = start(tmp_path, after)
    assert embedded == [text_of(changed)]
    assert built.passages == after
    assert uses_chroma(built)
    assert finds_everything(built)
    assert len(stored(tmp_path, "SELECT digest FROM vectors")) == len(after)
    assert len(caches(tmp_path)) == 1


def test_a_passage_that_serves_another_problem_is_updated_but_not_embedded(tmp_path: Path) -> None:
    start(tmp_path)
    served = (TWELVE[0].model_copy(update={"problems": ("fraud",)}), *TWELVE[1:])
    built, embedded = start(tmp_path, served)
    assert embedded == []
    assert built.passages == served
    assert stored(tmp_path, "SELECT body FROM passages WHERE row = 0") == [served[0].model_dump_json()]


def test_another_embedder_starts_over(tmp_path: Path) -> None:
    start(tmp_path)
    other = CountingEmbedder(name="other")
    index_passages(TWELVE, tmp_path, other)
    assert len(other.seen) == 12
    assert len(stored(tmp_path, "SELECT digest FROM vectors")) == 12
    assert stored(tmp_path, "SELECT value FROM meta WHERE name = 'embedder'") == ["other"]


def test_no_passage_and_one_passage_are_fine(tmp_path: Path) -> None:
    for count in (0, 1, 0):
        built, _ = start(tmp_path, numbered(count))
        assert built.warning is None
        assert len(built.dense(np.ones(16, dtype=np.float32), 5)) == count


# --- crashes ---------------------------------------------------------------------------------------------------------


def test_a_crash_while_embedding_leaves_the_old_index_and_keeps_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "BATCH", 4)
    start(tmp_path)
    new = tuple(passage(f"n{i}", f"new {i}") for i in range(12))
    with pytest.raises(RuntimeError, match="power"):
        index_passages(new, tmp_path, CountingEmbedder(fails_at=9))
    assert stored(tmp_path, "SELECT body FROM passages ORDER BY row") == [one.model_dump_json() for one in TWELVE]
    old, embedded = start(tmp_path)
    assert embedded == []
    assert uses_chroma(old)
    built, embedded = start(tmp_path, new)
    assert embedded == [text_of(one) for one in new[8:]]
    assert finds_everything(built)


def test_a_crash_before_chroma_is_built_leaves_the_new_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(tmp_path)
    new = numbered(14)
    with monkeypatch.context() as broken:
        broken.setattr(chroma, "_write", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            index_passages(new, tmp_path, CountingEmbedder())
    assert chroma.is_dirty(tmp_path)
    built, embedded = start(tmp_path, new)
    assert embedded == []
    assert uses_chroma(built)
    assert finds_everything(built)
    assert len(caches(tmp_path)) == 1


def _interrupted(path: Path, vectors: chroma.Vectors) -> None:
    path.mkdir()
    (path / "chroma.sqlite3").write_bytes(b"half a file")
    raise KeyboardInterrupt


def test_a_dirty_mark_leads_to_a_new_cache_from_a_child_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(tmp_path)
    (old,) = caches(tmp_path)
    (tmp_path / chroma.DIRTY).touch()
    monkeypatch.setattr(chroma, "_write", _interrupted)  # the child does not see this
    built, embedded = start(tmp_path)
    assert embedded == []
    assert old not in caches(tmp_path)
    assert not chroma.is_dirty(tmp_path)
    assert uses_chroma(built)
    assert finds_everything(built)


def test_a_child_that_dies_costs_a_warning_and_stays_suspected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(tmp_path)
    (tmp_path / chroma.DIRTY).touch()
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    built, embedded = start(tmp_path)
    assert embedded == []
    assert built.warning is not None
    assert "Chroma cannot be used" in built.warning
    assert finds_everything(built)
    assert chroma.is_dirty(tmp_path)


# --- damage ----------------------------------------------------------------------------------------------------------


def _graph(cache: Path) -> Path:
    return next(cache.glob("*/data_level0.bin"))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cache deleted": shutil.rmtree,
    "graph deleted": lambda cache: shutil.rmtree(_graph(cache).parent),
    "graph garbled": lambda cache: _graph(cache).write_bytes(b"\x07" * _graph(cache).stat().st_size),
    "graph cut short": lambda cache: _graph(cache).write_bytes(_graph(cache).read_bytes()[:100]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_cache_is_rebuilt_without_embedding_or_opening_it(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    start(tmp_path)
    (old,) = caches(tmp_path)
    damage(old)
    built, embedded = start(tmp_path)
    assert embedded == []
    assert uses_chroma(built)
    assert finds_everything(built)
    assert old not in caches(tmp_path)


def test_a_cache_that_cannot_be_opened_is_done_without_and_rebuilt_at_the_next_start(tmp_path: Path) -> None:
    start(tmp_path)
    (cache,) = caches(tmp_path)
    (cache / "chroma.sqlite3").write_bytes(b"no database" * 100)
    built, _ = start(tmp_path)
    assert finds_everything(built)
    assert built.warning is not None
    assert "\n" not in built.warning
    again, embedded = start(tmp_path)
    assert embedded == []
    assert uses_chroma(again)


def test_a_cache_that_another_process_swept_is_done_without(tmp_path: Path) -> None:
    start(tmp_path)
    (cache,) = caches(tmp_path)
    built, _ = start(tmp_path)
    shutil.rmtree(cache)
    assert finds_everything(built)
    assert built.warning is not None
    assert caches(tmp_path) == []
    assert not chroma.is_dirty(tmp_path)


def test_a_full_disk_does_not_cost_the_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(tmp_path)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(index, "_replace", full)
    built, _ = start(tmp_path, numbered(14))
    assert built.warning is not None
    assert "disk is full" in built.warning
    assert finds_everything(built)
    assert len(stored(tmp_path, "SELECT row FROM passages")) == 12


def test_a_damaged_sqlite_file_is_made_anew(tmp_path: Path) -> None:
    start(tmp_path)
    (tmp_path / "index.sqlite").write_bytes(b"no database" * 1000)
    built, embedded = start(tmp_path)
    assert len(embedded) == 12
    assert uses_chroma(built)


def test_a_vector_of_the_wrong_size_is_embedded_again(tmp_path: Path) -> None:
    start(tmp_path)
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as db, db:
        db.execute("UPDATE vectors SET vector = x'00' WHERE digest = (SELECT digest FROM passages WHERE row = 7)")
    built, embedded = start(tmp_path)
    assert embedded == [text_of(TWELVE[7])]
    assert finds_everything(built)


# --- folders and neighbours ------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_costs_only_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    built, embedded = start(tmp_path / "file" / "index")
    assert len(embedded) == 12
    assert built.warning is not None
    assert "in memory" in built.warning
    assert "\n" not in built.warning
    assert finds_everything(built)


def test_a_held_lock_costs_a_warning_and_only_the_missing_vectors(tmp_path: Path) -> None:
    start(tmp_path)
    with FileLock(tmp_path / "writer.lock"):
        built, embedded = start(tmp_path, numbered(14))
    assert embedded == [text_of(one) for one in numbered(14)[12:]]
    assert built.warning is not None
    assert "another Hotseat" in built.warning
    assert finds_everything(built)
    assert len(stored(tmp_path, "SELECT row FROM passages")) == 12


def test_a_held_lock_does_not_matter_when_nothing_changed(tmp_path: Path) -> None:
    start(tmp_path)
    with FileLock(tmp_path / "writer.lock"):
        built, embedded = start(tmp_path)
    assert (embedded, built.warning) == ([], None)


CHILD = """
import sys
from pathlib import Path
from knowledge.index import index_passages
from tests.knowledge.doubles import CountingEmbedder, numbered
for count in map(int, sys.argv[2:]):
    built = index_passages(numbered(count), Path(sys.argv[1]), CountingEmbedder(), wait=30)
    assert all(built.dense(vector, 1)[0][0] == row for row, vector in enumerate(built.vectors))
    assert built.warning is None or "Chroma" in built.warning, built.warning
"""


def test_two_processes_that_disagree_do_not_damage_the_index(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    counts = (["30", "20"], ["25", "31"])
    children = [subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), *each], cwd=root) for each in counts]
    assert [child.wait(timeout=60) for child in children] == [0, 0]
    built, _ = start(tmp_path, numbered(31))
    assert uses_chroma(built)
    assert finds_everything(built)
    assert len(caches(tmp_path)) == 1


# --- answers ---------------------------------------------------------------------------------------------------------


def test_chroma_and_the_exact_search_agree(tmp_path: Path) -> None:
    built, _ = start(tmp_path, numbered(200))
    exact = Index(built.passages, built.vectors)
    for query in CountingEmbedder().embed(["one", "two", "three"]):
        assert built.dense(query, 20) == exact.dense(query, 20)
    assert uses_chroma(built)


def test_a_closed_index_still_answers(tmp_path: Path) -> None:
    built, _ = start(tmp_path)
    built.warm()
    built.close()
    assert finds_everything(built)
    assert built.warning is None


def test_answers_are_sorted_and_ties_go_by_row() -> None:
    vectors = np.array([[0, 1], [1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    built = Index(numbered(4), vectors)
    north = np.array([0, 1], dtype=np.float32)
    assert [row for row, _ in built.dense(north, 99)] == [0, 2, 3, 1]
    assert [score for _, score in built.dense(north, 99)] == pytest.approx([1, 1, 0.8, 0])
    assert built.dense(north, 0) == []
