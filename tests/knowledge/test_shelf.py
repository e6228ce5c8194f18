"""A user's own files: what is kept, what is done again, what leaves without a trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from knowledge import shelf as module
from knowledge.embedding import Embedder
from knowledge.index import Index, index_passages
from knowledge.shelf import Outcome, Shelf, ShelfError
from tests.knowledge.doubles import CountingEmbedder
from tests.knowledge.own_files import write_docx, write_many, write_pdf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder of three files of different kinds."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "serving.md").write_text("# Caches\n\nWarm them before the switch.\n\n# Queues\n\nBound them.\n")
    write_pdf(folder / "book.pdf", ["Feature stores keep values as of a time.", "Calibrate after downsampling."])
    write_docx(folder / "role.docx", [("Heading1", "Role"), ("", "You will own ranking.")])
    return folder


def indexed(shelf: Shelf, embedder: Embedder) -> Index:
    return index_passages(shelf.passages(), shelf.folder, embedder)


def outcomes(shelf: Shelf, *paths: Path) -> dict[str, Outcome]:
    return {report.path.name: report.outcome for report in shelf.add(paths)}


def test_files_become_passages_with_page_or_heading(shelf: Shelf, notes: Path) -> None:
    steps: list[tuple[int, int]] = []
    reports = shelf.add([notes], lambda done, total: steps.append((done, total)))
    assert [str(report) for report in reports] == [
        f"{notes / 'book.pdf'}: added, 2 passages",
        f"{notes / 'role.docx'}: added, 1 passage",
        f"{notes / 'serving.md'}: added, 2 passages",
    ]
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert [(one.title, one.heading) for one in shelf.passages()] == [
        ("book.pdf", "page 1"),
        ("book.pdf", "page 2"),
        ("role.docx", "Role"),
        ("serving.md", "Caches"),
        ("serving.md", "Queues"),
    ]
    assert {one.kind for one in shelf.passages()} == {"own"}
    assert [(file.title, file.pieces) for file in shelf.files()] == [
        ("book.pdf", 2),
        ("role.docx", 1),
        ("serving.md", 2),
    ]


def test_only_what_changed_is_read_and_embedded_again(shelf: Shelf, notes: Path) -> None:
    shelf.add([notes])
    embedder = CountingEmbedder()
    indexed(shelf, embedder)
    assert len(embedder.seen) == 5
    assert set(outcomes(shelf, notes).values()) == {Outcome.UNCHANGED}
    (notes / "serving.md").write_text("# Caches\n\nWarm them before the switch.\n\n# Retries\n\nWith jitter.\n")
    assert outcomes(shelf, notes)["serving.md"] is Outcome.RENEWED
    later = CountingEmbedder()
    index = indexed(shelf, later)
    assert later.seen == ["serving.md: Retries\nWith jitter."]
    assert [one.heading for one in index.passages if one.title == "serving.md"] == ["Caches", "Retries"]


def test_the_same_content_twice_is_kept_once(shelf: Shelf, notes: Path) -> None:
    (notes / "zcopy.md").write_bytes((notes / "serving.md").read_bytes())
    reports = shelf.add([notes, notes / "serving.md", notes / "zcopy.md"])
    assert [report.path.name for report in reports] == ["book.pdf", "role.docx", "serving.md", "zcopy.md"]
    assert str(reports[-1]) == f"{notes / 'zcopy.md'}: has the same content as {notes / 'serving.md'}"
    assert len(shelf.passages()) == 5


def test_bad_files_are_named_and_the_rest_is_kept(shelf: Shelf, notes: Path, tmp_path: Path) -> None:
    (notes / "empty.md").touch()
    (notes / "photo.png").write_bytes(b"\x89PNG")
    (notes / ".hidden.md").write_text("secret")
    (notes / "binary.md").write_bytes(bytes(200))
    (notes / "dangling.md").symlink_to(tmp_path / "nowhere.md")
    (notes / "round.md").symlink_to(notes / "round.md")
    (notes / "loop").symlink_to(notes)
    lines = [str(report) for report in shelf.add([notes, tmp_path / "missing", notes / "photo.png"])]
    assert sorted(line.removeprefix(str(notes)) for line in lines if "added" not in line) == [
        "/binary.md: is not text, whatever its name says",
        "/dangling.md: cannot be read: No such file or directory",
        "/empty.md: is empty",
        "/loop: is a link back to a folder that was read already",
        "/photo.png: is of a kind that is not read; these are: .docx, .htm, .html, .markdown, .md, .pdf, .txt",
        "/round.md: cannot be read: Too many levels of symbolic links",
        f"{tmp_path / 'missing'}: does not exist",
        ": 1 file of other kinds left out",
    ]
    assert {file.title for file in shelf.files()} == {"book.pdf", "role.docx", "serving.md"}


def test_a_folder_with_nothing_to_read_says_so(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    (report,) = shelf.add([tmp_path / "void"])
    assert (report.outcome, report.why) == (Outcome.REFUSED, "holds no file that can be read")
    assert shelf.files() == []


def test_a_name_that_is_no_utf_8_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md"))
    path.write_text("text")
    (report,) = shelf.add([path])
    assert (report.outcome, report.why) == (Outcome.REFUSED, "has a name that is not UTF-8: rename it")


def test_a_removed_file_leaves_no_trace(shelf: Shelf, notes: Path) -> None:
    shelf.add([notes])
    indexed(shelf, CountingEmbedder())
    role = next(file for file in shelf.files() if file.title == "role.docx")
    removed, unknown = shelf.remove([role.id, str(notes / "book.pdf"), "other.md"])
    assert ([file.title for file in removed], unknown) == (["role.docx", "book.pdf"], ["other.md"])
    index = indexed(shelf, CountingEmbedder())
    assert {one.title for one in index.passages} == {"serving.md"}
    everything = b"".join(path.read_bytes() for path in shelf.folder.rglob("*") if path.is_file())
    assert b"Warm them" in everything
    assert b"own ranking" not in everything
    assert b"Feature stores" not in everything
    assert shelf.remove(["serving.md"])[1] == []
    empty = indexed(shelf, CountingEmbedder())
    assert empty.passages == ()
    assert not list(shelf.folder.glob("chroma-*"))
    assert b"Warm them" not in b"".join(path.read_bytes() for path in shelf.folder.rglob("*") if path.is_file())


def test_a_folder_is_removed_with_all_its_files(shelf: Shelf, notes: Path) -> None:
    shelf.add([notes])
    removed, unknown = shelf.remove([str(notes)])
    assert (len(removed), unknown, shelf.files()) == (3, [], [])


def test_a_user_who_added_nothing_has_nothing_and_no_folder(shelf: Shelf) -> None:
    assert (shelf.files(), shelf.passages()) == ([], ())
    assert not shelf.folder.exists()


def test_another_process_at_work_is_one_line(shelf: Shelf, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.1)
    shelf.folder.mkdir()
    with FileLock(shelf.folder / "shelf.lock"), pytest.raises(ShelfError, match="Another Hotseat is adding"):
        shelf.add([notes])


def test_a_damaged_shelf_is_one_line(shelf: Shelf, notes: Path) -> None:
    shelf.add([notes])
    (shelf.folder / "shelf.sqlite").write_bytes(b"no database" * 100)
    for call in (shelf.files, shelf.passages, lambda: shelf.add([notes])):
        with pytest.raises(ShelfError, match="not a database"):
            call()


def test_a_thousand_small_files_and_a_large_one_stay_within_a_gigabyte(tmp_path: Path) -> None:
    """In a process of its own, its reading child included: the largest text that is read, and a thousand notes, which
    are embedded by the shipped weights."""
    folder = write_many(tmp_path / "many", 1000)
    large = tmp_path / "large.txt"
    large.write_text("Ranking models are trained on what was shown. " * 430_000)
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from knowledge.embedding import load_embedder; from knowledge.index import index_passages\n"
        "from knowledge.shelf import Shelf\n"
        "here, many, large = map(Path, sys.argv[1:])\n"
        "notes, all_ = Shelf(here / 'notes'), Shelf(here / 'all')\n"
        "reports = notes.add([many]); all_.add([large])\n"
        "index = index_passages(notes.passages(), notes.folder, load_embedder())\n"
        # a process inherits the peak of the one that forked it, here the whole test run; VmHWM begins anew
        "status = Path('/proc/self/status'); here = status.read_text().split() if status.exists() else []\n"
        "own = int(here[here.index('VmHWM:') + 1]) if here else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "peak = own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(len(reports), len(index.passages), len(all_.passages()), peak)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "shelf"), str(folder), str(large)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    reports, notes, pieces, peak = map(int, done.stdout.split())
    assert (reports, notes) == (1000, 1000)
    assert pieces > 15_000
    assert peak * (1 if sys.platform == "darwin" else 1024) < 2**30
