"""One data folder and one running server for all tests of the page that do not stop it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.serving import Served


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that the notes are indexed once."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="session")
def served(served_home: Path) -> Iterator[Served]:
    server = Served(served_home)
    yield server
    server.stop()
