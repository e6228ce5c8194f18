"""A user's own files and problems through the commands, to the report that cites them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.factory import tiny_problem
from tests.knowledge.own_files import write_pdf
from tests.ui.terminal import Hotseat

JOB = """# Recommender engineer, garden tools

We run an online shop for garden tools with 40 million daily active users in nine countries.
You will decide which tools to show first on the home page.
The page must answer within 80 milliseconds at the 99th percentile.
We have two years of click logs and no labels beyond purchases.
Nobody outside of Europe may see prices, for legal reasons.
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_pdf(
        tmp_path / "book.pdf",
        ["Preface of the book.", "Wombat indexing keeps posting lists of burrows sorted by freshness of the soil."],
    )


def test_own_files_are_added_found_cited_listed_and_forgotten(warm_hotseat: Hotseat, book: Path) -> None:
    added = warm_hotseat("knowledge", "add", str(book))
    assert (added.code, added.out) == (0, "1 file added, 2 passages; 0 paths refused.\n")
    assert "added" not in warm_hotseat("knowledge", "add", str(book)).out.split(";")[0].removeprefix("0 files added")

    found = json.loads(warm_hotseat("knowledge", "search", "wombat burrows posting lists", "--json").out)
    assert found[0]["title"] == "your notes: book.pdf, page 2"
    (row,) = json.loads(warm_hotseat("knowledge", "list", "--json").out)
    assert (row["path"], row["pieces"]) == (str(book), 2)

    assert warm_hotseat("knowledge", "remove", "book.pdf").out == f"{book}: removed\n"
    kept = b"".join(path.read_bytes() for path in (book.parent / "home").rglob("*") if path.is_file())
    assert b"posting lists of burrows" not in kept
    after = json.loads(warm_hotseat("knowledge", "search", "wombat burrows posting lists", "--json").out)
    assert not any(hit["title"].startswith("your notes") for hit in after)
    assert warm_hotseat("knowledge", "list").out == ""
    assert "book.pdf" in warm_hotseat("knowledge", "remove", "book.pdf").error


def test_bad_paths_are_named_the_rest_is_added_and_the_code_says_so(
    warm_hotseat: Hotseat, book: Path, tmp_path: Path
) -> None:
    ended = warm_hotseat("knowledge", "add", str(tmp_path / "missing.md"), str(book))
    assert ended.code == 1
    assert ended.out == "1 file added, 2 passages; 1 path refused.\n"
    assert f"{tmp_path / 'missing.md'}: does not exist\n" in ended.err


def test_a_problem_is_drafted_from_a_document_and_played_at_once(warm_hotseat: Hotseat, tmp_path: Path) -> None:
    job = tmp_path / "job.md"
    job.write_text(JOB)
    ended = warm_hotseat("problems", "new", "--from", str(job), "--no-play")
    assert ended.code == 0
    identity = "recommender-engineer-garden-tools"
    assert ended.out == f"{identity}\n"
    path = tmp_path / "home" / "problems" / f"{identity}.yaml"
    assert str(path) in ended.err
    checked = warm_hotseat("problems", "check", str(path))
    assert checked.code == 0
    assert "Facts that still say what the template says: goal" in checked.err
    drafted = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert "40 million daily active users" in " ".join(fact["tell"] for fact in drafted["facts"])
    assert "80 milliseconds" in " ".join(fact["tell"] for fact in drafted["facts"])
    assert identity in [row["id"] for row in json.loads(warm_hotseat("problems", "--json").out)]

    again = warm_hotseat("problems", "new", "--from", str(job), "--id", "tools")
    assert again.code == 0
    assert again.out.startswith("tools\n")
    assert "Design the machine learning system for it." in again.out
    assert "Interview " in again.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--from", "missing.md"), "missing.md cannot be read"),
        (("--from", "empty.md"), "empty.md is empty"),
        (("--from", "job.md", "--id", "Not An Id"), "is no id"),
        (("--from", "job.md", "--id", "video-recommendation"), "There is a problem 'video-recommendation' already"),
    ],
)
def test_what_cannot_be_drafted_is_one_line(
    warm_hotseat: Hotseat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.md").write_text(JOB)
    Path("empty.md").touch()
    assert said in warm_hotseat("problems", "new", *args).error
    assert not (tmp_path / "home" / "problems").exists()


def test_a_broken_problem_of_ones_own_is_named_and_stops_nothing(hotseat: Hotseat, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "problems"
    folder.mkdir(parents=True)
    data = tiny_problem().model_dump(mode="json") | {"id": "mine"}
    (folder / "mine.yaml").write_text(yaml.safe_dump(data))
    (folder / "broken.yaml").write_text("id: broken\n")
    ended = hotseat("problems")
    assert ended.code == 0
    assert "mine" in [line.split()[0] for line in ended.out.splitlines()]
    assert ended.err.count("\n") == 1
    assert "broken.yaml is left out" in ended.err
    checked = hotseat("problems", "check", str(folder / "broken.yaml"))
    assert checked.code == 1
    assert "broken.yaml: brief: Field required" in checked.out


def test_an_unknown_problem_or_interview_is_named_before_anything_is_prepared(hotseat: Hotseat, tmp_path: Path) -> None:
    assert "There is no problem 'x'" in hotseat("chat", "--problem", "x").error
    assert "nosuch" in hotseat("resume", "nosuch").error
    assert not (tmp_path / "home" / "knowledge").exists()
    assert not (tmp_path / "home" / "own").exists()
