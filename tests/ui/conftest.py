"""One data folder and one running server for all tests of the page that do not stop it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.serving import Served
from ui.assembly import index_folder


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Path:
    """Shared, so that the server starts fast."""
    home = tmp_path_factory.mktemp("served")
    shutil.copytree(index_folder(warm_home), index_folder(home))
    return home


@pytest.fixture(scope="session")
def served(served_home: Path) -> Iterator[Served]:
    server = Served(served_home)
    yield server
    server.stop()
