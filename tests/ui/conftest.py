"""One data folder and one running server for all tests of the page that do not stop it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.ui.serving import Served
from tests.ui.terminal import Hotseat, run, warm


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Path:
    """Shared, so that the server starts fast."""
    return warm(warm_home, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def served(served_home: Path) -> Iterator[Served]:
    server = Served(served_home)
    yield server
    server.stop()


@pytest.fixture
def hotseat(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hotseat:
    """The command, in this process, on an empty data folder."""
    return partial(run, monkeypatch, capsys)


@pytest.fixture
def warm_hotseat(hotseat: Hotseat, warm_home: Path, tmp_path: Path) -> Hotseat:
    """The command on a data folder without interviews in which nothing slow is left to do."""
    warm(warm_home, tmp_path / "home")
    return hotseat
