"""Interviewers for tests: each is what a freshly started process would have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.interviewer import Interviewer
from agent.models.port import Model
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from tests.agent.doubles import TellingReader


@pytest.fixture
def make(tmp_path: Path, tiny: Library, scoring: Scoring) -> Callable[..., Interviewer]:
    """Interviewers on one store folder; each is what a freshly started process would have."""

    def made(
        reader: Any = None, *, store: type[Store] = Store, model: Model | None = None, finder: Any = None
    ) -> Interviewer:
        return Interviewer(
            library=tiny,
            scoring=scoring,
            store=store(tmp_path / "home"),
            reader=reader or TellingReader(),
            finder=finder,
            model=model,
        )

    return made
