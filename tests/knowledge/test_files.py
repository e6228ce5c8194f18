"""Reading a user's files: what becomes of good ones, and the one line that a bad one costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from knowledge import files
from knowledge.files import PIECE_WORDS, FileReader, Piece, Unreadable, pieces
from tests.knowledge.own_files import write_docx, write_pdf


def text(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        pieces(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- good files ------------------------------------------------------------------------------------------------------


def test_markdown_is_cut_at_headings_and_code_is_left_alone(tmp_path: Path) -> None:
    path = text(
        tmp_path / "a.md",
        "Before.\n\n# Serving\n\nCache it.\n\n## Cost\n\n```\n# no heading\n```\n\n# End\n\nDone.\n",
    )
    assert [(piece.heading, piece.text.split()[0]) for piece in pieces(path)] == [
        ("beginning", "Before."),
        ("Serving", "Cache"),
        ("Serving > Cost", "```"),
        ("End", "Done."),
    ]


def test_html_keeps_headings_and_words_and_drops_scripts_and_menus(tmp_path: Path) -> None:
    page = (
        "<html><head><title>t</title><style>p{}</style></head><body><nav>Home</nav><h1>Ranking</h1>"
        "<p>We <b>rank</b> <a href='http://x'>items</a>.</p><h2>Data</h2><ul><li>clicks</li></ul><script>evil()</script>"
    )
    found = pieces(text(tmp_path / "a.html", page))
    assert [piece.heading for piece in found] == ["Ranking", "Ranking > Data"]
    assert found[0].text == "We **rank** items."
    assert "clicks" in found[1].text
    assert not any("evil" in piece.text or "Home" in piece.text for piece in found)


def test_docx_is_cut_at_headings(tmp_path: Path) -> None:
    path = write_docx(
        tmp_path / "a.docx", [("Heading1", "Role"), ("", "Build ranking."), ("Heading2", "Team"), ("", "Eight people.")]
    )
    assert pieces(path) == [Piece("Role", "Build ranking."), Piece("Role > Team", "Eight people.")]


def test_pdf_is_cut_at_pages(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "book.pdf", ["Feature stores keep point in time.", "", "Calibration of the scores."])
    assert pieces(path) == [
        Piece("page 1", "Feature stores keep point in time."),
        Piece("page 3", "Calibration of the scores."),
    ]


def test_a_pdf_that_only_forbids_printing_is_read(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(write_pdf(tmp_path / "a.pdf", ["Enough words to be a text layer."])))
    writer.encrypt("", "owner", algorithm="RC4-128")
    writer.write(tmp_path / "b.pdf")
    assert pieces(tmp_path / "b.pdf")[0].text.startswith("Enough words")


def test_long_text_is_cut_into_overlapping_pieces_that_lose_nothing(tmp_path: Path) -> None:
    words = [f"w{n}" for n in range(2000)]
    found = pieces(text(tmp_path / "a.txt", " ".join(words)))
    assert all(len(piece.text.split()) <= PIECE_WORDS for piece in found)
    assert {word for piece in found for word in piece.text.split()} == set(words)
    assert [piece.heading for piece in found][:2] == ["part 1", "part 2"]
    assert set(found[0].text.split()) & set(found[1].text.split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are(tmp_path: Path, encoding: str) -> None:
    assert pieces(text(tmp_path / "a.txt", "naïve Bayes – früh".encode(encoding)))[0].text == "naïve Bayes – früh"


# --- bad files -------------------------------------------------------------------------------------------------------


def test_every_bad_file_is_refused_in_one_line_that_says_why(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 50
    assert refusal(text(tmp_path / "empty.md", "")) == "is empty"
    assert refusal(text(tmp_path / "blank.md", "\n \n---\n")) == "has no text in it"
    assert (
        refusal(text(tmp_path / "latin.txt", "café".encode("latin-1")))
        == "is not UTF-8 text (byte 3): save it as UTF-8"
    )
    assert refusal(text(tmp_path / "photo.md", noise)) == "is not text, whatever its name says"
    assert refusal(text(tmp_path / "zeros.txt", b"abc\0def")) == "is not text, whatever its name says"
    assert "not a DOCX" in refusal(text(tmp_path / "photo.docx", noise))
    assert "not a PDF" in refusal(text(tmp_path / "photo.pdf", noise))
    assert "is of a kind that is not read" in refusal(text(tmp_path / "a.xlsx", "x"))
    assert "cannot be read" in refusal(tmp_path / "missing.md")


def test_a_large_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    with (tmp_path / "dump.txt").open("wb") as file:
        file.truncate(300 * 2**20)
    assert refusal(tmp_path / "dump.txt") == "has 300 MB; at most 20 are read: split it"


def test_an_encrypted_pdf_and_a_scan_say_what_would_help(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(write_pdf(tmp_path / "a.pdf", ["Secret words of some length."])))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    assert refusal(tmp_path / "locked.pdf") == "is encrypted: save a copy without a password"
    blank = PdfWriter()
    for _ in range(3):
        blank.add_blank_page(100, 100)
    blank.write(tmp_path / "scan.pdf")
    assert "no text layer" in refusal(tmp_path / "scan.pdf")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = write_docx(tmp_path / "bomb.docx", [("", "hello")], padding=files.UNPACKED_BYTES)
    assert bomb.stat().st_size < 2**20
    assert "unpacks to more than 200 MB" in refusal(bomb)


# --- the child process -----------------------------------------------------------------------------------------------


def test_the_child_reads_as_the_parent_would_and_goes_on_after_a_bad_file(tmp_path: Path) -> None:
    good = text(tmp_path / "ä good one.md", "# Ü\n\nText.")
    bad = text(tmp_path / "bad.pdf", b"%PDF-1.4 nothing")
    with FileReader() as reader:
        assert reader.read(good) == pieces(good)
        with pytest.raises(Unreadable, match="not a PDF"):
            reader.read(bad)
        assert reader.read(good) == pieces(good)


def test_a_file_that_takes_for_ever_or_kills_its_reader_costs_that_file(tmp_path: Path) -> None:
    good = text(tmp_path / "good.md", "Text.")
    with FileReader() as reader:
        assert reader.read(good)
        assert reader._child is not None
        os.kill(reader._child.pid, signal.SIGSTOP)
        reader._seconds = 0.3
        with pytest.raises(Unreadable, match=r"took more than 0\.3 seconds"):
            reader.read(good)
        reader._seconds = 30
        assert reader.read(good)
        assert reader._child is not None
        os.kill(reader._child.pid, signal.SIGKILL)
        reader._child.wait()
        assert reader.read(good)


def test_the_child_has_little_memory() -> None:
    for share, fits in ((0.25, True), (2, False)):
        taking = f"import knowledge.files as f; f._limit_memory(); x = bytearray(int({share} * f.CHILD_BYTES))"
        ended = subprocess.run([sys.executable, "-c", taking], capture_output=True, text=True, check=False)
        assert (ended.returncode == 0) is fits, ended.stderr
        assert ("MemoryError" in ended.stderr) is not fits
