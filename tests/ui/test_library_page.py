"""The generated page: current, and true."""

from __future__ import annotations

from pathlib import Path

from knowledge.library import Library
from ui.library_page import COMMAND, counts, page

DOCUMENT = Path(__file__).parents[2] / "docs" / "knowledge.md"


def test_the_page_in_docs_is_what_the_library_makes(library: Library) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == page(library), f"run `uv run {COMMAND}`"


def test_every_file_has_its_row(library: Library) -> None:
    rows = [line for line in page(library).splitlines() if line.startswith("| ")]
    held = counts(library)
    assert len(rows) == held["problems"] + held["concepts"] + held["cases"] + 3  # three headings
    for case in library.cases.values():
        assert sum(f"/cases/{case.head.id}.md)" in row and case.head.source.url in row for row in rows) == 1


def test_counts_are_of_what_there_is(tiny: Library, library: Library) -> None:
    assert counts(tiny) == {"problems": 1, "points": 36, "concepts": 0, "cases": 0, "passages": 0}
    assert counts(library)["passages"] == 8 * len(library.notes) + 6 * len(library.cases)
