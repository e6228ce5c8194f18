"""Puts an interviewer together from the environment: content, store, reader, index, model. I/O; no user interface.

Heavy packages are imported inside functions: `hotseat --help` loads none of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent.settings import Settings, read_settings

if TYPE_CHECKING:
    from agent.interviewer import Interviewer
    from agent.models.port import Model
    from agent.reader import Reader
    from knowledge.embedding import Embedder
    from knowledge.library import Library
    from knowledge.search import Search

Progress = Callable[[int, int], None]


@dataclass
class Assembly:
    """A ready interviewer, and what users should be told about how it came up."""

    interviewer: Interviewer
    settings: Settings
    warnings: list[str] = field(default_factory=list)


def quiet_environment() -> None:
    """No telemetry, no tracing, no phoning home, by any library below us. Called before any of them is imported."""
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["LANGSMITH_TRACING"] = "false"
    os.environ["LANGCHAIN_TRACING_V2"] = "false"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"


def assemble(
    environ: Mapping[str, str] | None = None, *, progress: Progress = lambda done, total: None, index: bool = True
) -> Assembly:
    """Everything that an interview needs. Raises HotseatError or ContentError with one clear line.

    A reader or an index that cannot be had is a warning: the interview works without. Without `index` neither is made:
    enough to look at interviews, and fast.
    """
    quiet_environment()
    from agent.content import load_scoring
    from agent.interviewer import Interviewer
    from agent.store import Store
    from knowledge.library import load

    settings = read_settings(os.environ if environ is None else environ)
    library, scoring, store = load(), load_scoring(), Store(settings.home)
    warnings: list[str] = []
    embedder = _embedder(warnings) if index else None
    progress = _in_phases(progress, 1 + 2 * len(library.problems))
    finder = _finder(library, settings.home, embedder, progress, warnings) if embedder else None
    interviewer = Interviewer(
        library=library,
        scoring=scoring,
        store=store,
        reader=_reader(library, settings.home, embedder, progress) if embedder else None,
        finder=finder,
        model=model_of(settings),
    )
    return Assembly(interviewer, settings, warnings)


def _in_phases(progress: Progress, phases: int) -> Progress:
    """One progress over several pieces of work: whenever a piece reaches its total, the next begins."""
    done = 0

    def report(step: int, total: int) -> None:
        nonlocal done
        progress(min(done, phases - 1) * 100 + round(100 * step / total), phases * 100)
        done += step == total

    return report


def model_of(settings: Settings) -> Model | None:
    """The configured model, or None."""
    if settings.model is None:
        return None
    from agent.models.endpoint import Endpoint

    return Endpoint(settings.model)


def index_folder(home: Path) -> Path:
    return home / "knowledge"


def _embedder(warnings: list[str]) -> Embedder | None:
    from knowledge.embedding import WeightsError, load_embedder

    try:
        return load_embedder()
    except (WeightsError, ImportError, OSError) as error:
        warnings.append(f"Answers cannot be read here, so nothing will be scored: {error}")
        return None


def _reader(library: Library, home: Path, embedder: Embedder, progress: Progress) -> Reader:
    from agent.reader import Reader
    from knowledge.vectors import VectorCache

    cache = VectorCache(embedder, index_folder(home) / "exemplars")
    reader = Reader(embedder.embed, keep=lambda texts: cache.embed(texts, progress))
    for problem in library.problems.values():
        reader.prepare(problem)
    return reader


def _finder(library: Library, home: Path, embedder: Embedder, progress: Progress, warnings: list[str]) -> Search | None:
    from knowledge.index import ensure_index
    from knowledge.search import Search

    try:
        index = ensure_index(library, index_folder(home), embedder, progress)
    except Exception as error:  # an index is a cache; an interview does not wait for it to be repaired
        warnings.append(f"The notes cannot be searched ({type(error).__name__}: {error}).")
        return None
    if index.warning:
        warnings.append(index.warning)
    return Search(index, embedder)
