"""Puts an interviewer together from the environment: content, store, reader, index, model. I/O; no user interface.

Heavy packages are imported inside functions: `hotseat --help` loads none of them.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.settings import Settings, read_settings

if TYPE_CHECKING:
    from agent.assessor import Fusion
    from agent.interviewer import Interviewer
    from agent.models.port import Model
    from agent.reader import Reader
    from knowledge.chroma_server import Server
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
    environ: Mapping[str, str] | None = None,
    *,
    progress: Progress = lambda done, total: None,
    index: bool = True,
    problem: str | None = None,
) -> Assembly:
    """Everything that an interview needs. Raises HotseatError or ContentError with one clear line.

    A reader or an index that cannot be had is a warning: the interview works without. Without `index` neither is made:
    enough to look at interviews, and fast. A `problem` is looked up first and made ready to be read.
    """
    quiet_environment()
    from agent.content import load_scoring
    from agent.interviewer import Interviewer, problem_of
    from agent.store import Store

    settings = read_settings(os.environ if environ is None else environ)
    library, warnings = library_of(settings.home)
    chosen = None if problem is None else problem_of(library, problem)
    scoring, store = load_scoring(), Store(settings.home)  # what can fail comes before what takes long
    embedder = _embedder(warnings) if index else None
    progress = _in_phases(progress, 4 if chosen else 2)
    reader = _reader(settings.home, embedder, progress) if embedder else None
    finder = _finder(library, settings, embedder, progress, warnings) if embedder else None
    if reader and chosen:
        reader.prepare(chosen)
    interviewer = Interviewer(
        library=library,
        scoring=scoring,
        store=store,
        reader=reader,
        finder=finder,
        model=model_of(settings),
        fusion=_fusion(settings, warnings),
    )
    return Assembly(interviewer, settings, warnings)


def reader_of(home: Path, warnings: list[str]) -> Reader | None:
    """The reader without an index, for drills; None with a warning where there are no weights."""
    embedder = _embedder(warnings)
    return _reader(home, embedder, lambda done, total: None) if embedder else None


def library_of(home: Path) -> tuple[Library, list[str]]:
    """The library with a user's own problems and files, and a line for each of them that cannot be used."""
    from knowledge.library import load, with_own_problems
    from knowledge.shelf import Shelf, ShelfError

    library, warnings = with_own_problems(load(), problems_folder(home))
    try:
        return replace(library, own=Shelf(shelf_folder(home)).passages()), warnings
    except ShelfError as error:
        return library, [*warnings, str(error)]


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


def _fusion(settings: Settings, warnings: list[str]) -> Fusion | None:
    """What the configured model's votes are worth: as calibrated, else the default."""
    from agent import calibration
    from agent.assessor import FUSION
    from agent.errors import StoreError

    try:
        found = calibration.load(settings.home, settings.model) if settings.model else None
    except StoreError as error:
        warnings.append(str(error))
        return FUSION
    return found.fusion if found else FUSION


def index_folder(home: Path) -> Path:
    return home / "knowledge"


def shelf_folder(home: Path, owner: str = "local") -> Path:
    """Where a user's own files are kept: a collection for each user."""
    return home / "own" / owner


def problems_folder(home: Path) -> Path:
    """Where a user's own problems are kept."""
    return home / "problems"


def server_of(settings: Settings, folder: Path) -> Server | None:
    """The configured Chroma server, for the index in `folder`; None for Chroma in the folder itself."""
    from knowledge.chroma_server import Server

    if settings.chroma_url is None:
        return None
    owner = hashlib.sha256(f"{platform.node()}\0{folder.absolute()}".encode()).hexdigest()[:16]
    return Server(settings.chroma_url, owner)


def _embedder(warnings: list[str]) -> Embedder | None:
    from knowledge.embedding import WeightsError, load_embedder

    try:
        return load_embedder()
    except (WeightsError, ImportError, OSError) as error:
        warnings.append(f"Answers cannot be read here, so nothing will be scored: {error}")
        return None


def _reader(home: Path, embedder: Embedder, progress: Progress) -> Reader:
    from agent.crossencoder import load_judge
    from agent.reader import Reader
    from knowledge.vectors import VectorCache

    cache = VectorCache(embedder, index_folder(home) / "exemplars")
    return Reader(embedder.embed, load_judge().judge, keep=lambda texts: cache.embed(texts, progress))


def _finder(
    library: Library, settings: Settings, embedder: Embedder, progress: Progress, warnings: list[str]
) -> Search | None:
    from knowledge.index import ensure_index, index_passages
    from knowledge.search import Search

    ours, own = index_folder(settings.home), shelf_folder(settings.home)
    try:
        indexes = [ensure_index(library, ours, embedder, progress, server=server_of(settings, ours))]
        if own.is_dir():  # also when nothing is left in it: what was removed leaves the index too
            indexes.append(index_passages(library.own, own, embedder, progress, server=server_of(settings, own)))
        found = Search(indexes, embedder, problems=tuple(library.problems.values()), keep=ours)
    except Exception as error:  # an index is a cache; an interview does not wait for it to be repaired
        warnings.append(f"The notes cannot be searched ({type(error).__name__}: {error}).")
        return None
    warnings += [index.warning for index in indexes if index.warning]
    return found
