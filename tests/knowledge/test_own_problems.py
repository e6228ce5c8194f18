"""A user's own problems: played when an interview can do without what they lack, named when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.library import Library, check_file, with_own_problems
from tests.factory import tiny_problem

Edit = Callable[[dict[str, Any]], object]


def own(folder: Path, edit: Edit = lambda data: None, name: str = "mine") -> Path:
    data = tiny_problem().model_dump(mode="json") | {"id": name}
    edit(data)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def test_a_thin_problem_is_played_and_its_check_says_what_is_thin(tmp_path: Path, tiny: Library) -> None:
    path = own(tmp_path)
    library, lines = with_own_problems(tiny, tmp_path)
    assert (list(library.problems), lines) == (["tiny", "mine"], [])
    problem, findings = check_file(path, tiny)
    assert problem == library.problems["mine"]
    assert "mine.yaml: sources: cites 0 cases; at least 4 are needed" in [str(finding) for finding in findings]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda data: data["stages"].pop("serve"), "stages.serve: has no points"),
        (lambda data: data["stages"].update(serve=[]), "stages.serve: has no points"),
        (lambda data: data.update(id="tiny"), "differs from the file name 'mine'"),
        (lambda data: data.pop("brief"), "brief: Field required"),
        (lambda data: data["facts"].append(data["facts"][0]), "duplicate fact"),
        (lambda data: data["stages"]["wrap"].append(data["stages"]["data"][0]), "duplicate point"),
    ],
)
def test_what_cannot_be_played_is_left_out_in_one_line(tmp_path: Path, tiny: Library, edit: Edit, said: str) -> None:
    path = own(tmp_path, edit)
    own(tmp_path, name="good")
    library, (line,) = with_own_problems(tiny, tmp_path)
    assert list(library.problems) == ["tiny", "good"]
    assert line.startswith(f"{path} is left out: mine.yaml: ")
    assert said in line
    assert f"`hotseat problems check {path}`" in line
    assert "\n" not in line
    assert any(said in str(finding) for finding in check_file(path, tiny)[1])


def test_a_problem_of_the_library_is_not_replaced(tmp_path: Path, tiny: Library) -> None:
    own(tmp_path, name="tiny")
    library, (line,) = with_own_problems(tiny, tmp_path)
    assert library.problems["tiny"] is tiny.problems["tiny"]
    assert "is a problem of the library: choose another id" in line


@pytest.mark.parametrize("content", [b"", b"- a list", b"\xff\xfe\x00", b"id: [unclosed"])
def test_files_that_are_no_problem_at_all(tmp_path: Path, tiny: Library, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    library, lines = with_own_problems(tiny, tmp_path)
    assert list(library.problems) == ["tiny"]
    assert len(lines) == 1
    assert check_file(path, tiny)[1]


def test_without_a_folder_there_are_no_own_problems(tmp_path: Path, tiny: Library) -> None:
    assert with_own_problems(tiny, tmp_path / "none") == (tiny, [])
