"""Chroma as a throw-away copy of vectors, in folders that are written once. Knows row numbers; no passages, no texts.

Measured on chromadb 1.5.9, and the reason for every precaution here: with noise in `data_level0.bin` the process dies
at the first query (no exception to catch); with the segment folder gone, `count()` is right and a query silently
returns one row of ten; kill -9 during writes left one dead index in thirty. Hence: write into a staging folder, close,
rename; remember a digest of the graph's files and never open files that differ; leave a dirty mark while Chroma is at
work, and after a crash build anew in a child process, which can die without taking an interview along.

chromadb is used directly: LangChain's vector store adds .4 s of import, fails over 5,461 rows, and wants texts.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

DIRTY = "chroma.dirty"
ROWS_PER_CALL = 5_000
"""Chroma refuses calls with more than 5,461 rows."""
TRIED = 10
"""Rows asked for when a cache is tried."""
CHILD_SECONDS = 600
GRAPH = {"space": "cosine", "ef_search": 200}


class Dead(Exception):
    """The cache is gone, wrong or broken, whatever Chroma said to that."""


@contextmanager
def dead_if_it_fails() -> Iterator[None]:
    """Chroma raises its own errors, the system's, and Rust panics, which are no Exception (seen on damaged files)."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, Dead):
        raise
    except BaseException as error:
        raise Dead(f"{type(error).__name__}: {' '.join(str(error).split())[:120]}") from error


@contextmanager
def _dirty_within(folder: Path) -> Iterator[None]:
    """Leaves the mark behind when the process dies inside, or when Chroma raises: neither leaves a cache to trust."""
    (folder / DIRTY).touch()
    yield
    (folder / DIRTY).unlink(missing_ok=True)


class Chroma:
    """An open collection that holds exactly `vectors`, row numbers as ids."""

    def __init__(self, client: Any, collection: Any, vectors: Vectors):
        """Tries the collection. Raises Dead."""
        self._client = client
        self._collection = collection
        self._try(vectors)

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """Rows most similar to `vector`; about best first, and approximate above some thousand rows. Raises Dead."""
        with dead_if_it_fails():
            found = self._collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        return [int(row) for row in found["ids"][0]]

    def close(self) -> None:
        """Needed before a folder is renamed: Chroma keeps one system per path and would go on serving the old one."""
        self._client.close()

    def _try(self, vectors: Vectors) -> None:
        rows = self.nearest(vectors[-1], min(TRIED, len(vectors)))
        if self._collection.count() != len(vectors) or len(rows) != min(TRIED, len(vectors)):
            raise Dead("Chroma lost rows")
        if not np.allclose(vectors[rows[0]], vectors[-1], atol=1e-4):
            raise Dead("Chroma does not find a vector that it holds")


@dataclass(frozen=True)
class Folder:
    """A cache in files, as `build` leaves it."""

    path: Path

    def open(self, vectors: Vectors) -> Chroma:
        """Opens and tries the cache, which must hold exactly `vectors`. Raises Dead."""
        if not self.path.is_dir():
            raise Dead(f"{self.path} is gone")  # opening it would create an empty one
        with dead_if_it_fails(), _dirty_within(self.path.parent):
            client = _client(self.path)
            # Without embedding_function=None Chroma takes its default one, which downloads a model.
            return Chroma(client, client.get_collection("passages", embedding_function=None), vectors)


def build(folder: Path, vectors: Vectors) -> str:
    """Writes `vectors` (two or more) to a new cache under `folder`, tries it, returns its name. Raises Dead."""
    token = secrets.token_hex(4)
    staging, live = folder / f"staging-{token}", folder / f"chroma-{token}"
    with dead_if_it_fails():
        with _dirty_within(folder):
            _write(staging, vectors)
        Folder(staging).open(vectors).close()
        staging.rename(live)
    return live.name


def build_apart(folder: Path, vectors: Vectors) -> str:
    """Like `build`, a second slower, in a child process: there even a crash is only Dead. Raises Dead."""
    sent = io.BytesIO()
    np.save(sent, vectors, allow_pickle=False)
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    with dead_if_it_fails():
        child = subprocess.run(
            [sys.executable, "-m", "knowledge.chroma", str(folder)],
            input=sent.getvalue(), capture_output=True, check=True, timeout=CHILD_SECONDS,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        return child.stdout.decode().split()[-1]


def digest(cache: Path) -> str:
    """Hash of the graph's files, which stay as they were built; Chroma's own SQLite file changes at every opening."""
    total = hashlib.sha256()
    for file in sorted(cache.glob("*/*")):
        total.update(f"{file.name} {file.stat().st_size}\n".encode())
        total.update(file.read_bytes())
    return total.hexdigest()


def is_dirty(folder: Path) -> bool:
    """Whether Chroma did not end well here the last time, or is at work right now."""
    return (folder / DIRTY).exists()


def sweep(folder: Path, keep: str | None) -> None:
    """Removes every cache but `keep`, and what interrupted builds left. Files that are still open stay (Windows)."""
    for path in [*folder.glob("chroma-*"), *folder.glob("staging-*")]:
        if path.name != keep:
            shutil.rmtree(path, ignore_errors=True)


def _client(path: Path) -> Any:
    import chromadb

    settings = chromadb.Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(path=str(path), settings=settings)


def _write(path: Path, vectors: Vectors) -> None:
    client = _client(path)
    try:
        count = len(vectors)
        # The graph reaches the disk at the last row, so that later openings replay no log and change no graph file.
        graph = {**GRAPH, "sync_threshold": count, "batch_size": min(100, count)}
        collection = client.create_collection("passages", embedding_function=None, configuration={"hnsw": graph})
        for start in range(0, count, ROWS_PER_CALL):
            part = vectors[start : start + ROWS_PER_CALL]
            collection.add(ids=[str(start + i) for i in range(len(part))], embeddings=part)
    finally:
        client.close()


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)))
