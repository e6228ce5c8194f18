"""The passage index on disk. Our SQLite file is the truth; Chroma beside it is a cache that may die at any time.

    index.sqlite     passages, content hashes, vectors, the embedder's name
    chroma-<token>/  the same vectors in Chroma, made from index.sqlite without embedding (`chroma.py`)
    chroma.dirty     lies there while Chroma is at work; still there at a start, it tells of a crash
    words-<token>/   counted words (`words.py`)
    writer.lock      held by the one process that changes any of the above

With a Chroma server there is no chroma-<token> folder; the copy is a collection over there (`chroma_server.py`).

Nothing here stops an interview: a folder that cannot be used costs a warning, and so does a Chroma that cannot be used,
since the vectors are in memory anyway and some thousands of them are searched exactly in under a millisecond.
Not here: making vectors (`embedding.py`), words and fusion (`search.py`).
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from knowledge import chroma
from knowledge.chroma import Chroma, Dead, Folder, Vectors
from knowledge.chroma_server import Server
from knowledge.embedding import Embedder
from knowledge.library import Library
from knowledge.schema import Passage

Progress = Callable[[int, int], None]

BATCH = 32
"""Passages embedded between two commits: the most that an interrupted build loses."""
LOCK_SECONDS = 5.0

_LINK_TARGET = re.compile(r"\]\([^)]*\)")
_SCHEMA = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (row INTEGER PRIMARY KEY, digest TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (digest TEXT PRIMARY KEY, vector BLOB NOT NULL);
"""


def _silent(done: int, total: int) -> None:
    pass


@dataclass(eq=False)
class Index:
    """Passages, their vectors row by row, and the way to the nearest of them."""

    passages: tuple[Passage, ...]
    vectors: Vectors
    warning: str | None = None
    """One line for the user when something had to be done without; None when all is well."""
    fingerprint: str = ""
    """Equal for equal passages and embedder."""
    _cache: Folder | Server | None = None
    _chroma: Chroma | None = field(default=None, repr=False)
    _opening: Lock = field(default_factory=Lock, repr=False)

    def dense(self, query_vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """Up to `limit` (row, cosine), best first, ties by row. Chroma picks the rows, our vectors give the cosine."""
        limit = min(limit, len(self.passages))
        if limit < 1:
            return []
        rows = self._nearest(query_vector, limit)
        cosines = (self.vectors[rows] @ query_vector).round(6)  # equal rows may differ in the last bit
        return sorted(zip(rows, map(float, cosines), strict=True), key=lambda found: (-found[1], found[0]))

    def warm(self) -> None:
        """Opens Chroma now, from any thread, rather than at the first question: about a second, once."""
        with self._opening:
            if self._cache is None or self._chroma is not None:
                return
            cache, self._cache = self._cache, None
            try:
                self._chroma = cache.open(self.vectors)
            except Dead as error:
                self.warning = _without_chroma(error)

    def close(self) -> None:
        """Lets go of Chroma; later questions are answered exactly."""
        with self._opening:
            opened, self._chroma, self._cache = self._chroma, None, None
        if opened is not None:
            opened.close()

    def _nearest(self, vector: Vectors, limit: int) -> list[int]:
        self.warm()
        if (opened := self._chroma) is not None:
            try:
                return opened.nearest(vector, limit)
            except Dead as error:
                self._chroma, self.warning = None, _without_chroma(error)
        return [int(row) for row in best_rows(self.vectors @ vector, limit)]


def best_rows(scores: NDArray[np.float32], limit: int) -> NDArray[np.intp]:
    """Rows of the `limit` highest scores, best first, ties by row. Sorts only those that reach the last place."""
    rows = np.arange(len(scores))
    if limit < len(scores):
        last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        rows = np.flatnonzero(scores >= last)
    return rows[np.argsort(-scores[rows], kind="stable")][:limit].astype(np.intp)


def ensure_index(
    library: Library, folder: Path, embedder: Embedder, progress: Progress = _silent,
    *, wait: float = LOCK_SECONDS, server: Server | None = None,
) -> Index:  # fmt: skip
    """The index of the library's passages, brought up to date under `folder`; embeds only what changed.

    `progress(done, total)` counts the passages to embed and is not called when there are none. Another process that
    holds the lock is waited for `wait` seconds. A `server` keeps the copy in Chroma instead of the folder; it is not
    contacted before the first question. Raises nothing but what `embedder` raises.
    """
    return index_passages(library.passages, folder, embedder, progress, wait=wait, server=server)


def index_passages(
    passages: tuple[Passage, ...], folder: Path, embedder: Embedder, progress: Progress = _silent,
    *, wait: float = LOCK_SECONDS, server: Server | None = None,
) -> Index:  # fmt: skip
    """`ensure_index` for passages that come from elsewhere than the library."""
    wanted = _wanted(passages, embedder)
    if index := _ready(folder, wanted, server):
        return index
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "writer.lock", timeout=wait):
            return _update(folder, wanted, embedder, progress, server)
    except Timeout:
        why = f"another Hotseat is writing to {folder}"
    except (OSError, sqlite3.Error) as error:
        why = f"{folder} cannot be used ({error})"
    vectors = _embed_in_memory(folder, wanted, embedder, progress)
    warning = f"The search index is kept in memory this time: {why}."
    return Index(passages, vectors, warning, wanted.fingerprint)


def text_of(passage: Passage) -> str:
    """What is embedded and what words are counted in: title, heading and text without the targets of links."""
    return f"{passage.title}: {passage.heading}\n{_LINK_TARGET.sub(']', passage.text)}"


def _without_chroma(error: Exception) -> str:
    return f"Chroma cannot be used ({error}); passages are compared one by one, with the same results."


# --- what must be in the index ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    passages: tuple[Passage, ...]
    digests: tuple[str, ...]
    """Per passage, a hash of the embedder's name and the text: equal digest, equal vector."""
    bodies: tuple[str, ...]
    fingerprint: str
    embedder: str
    dimension: int


def _wanted(passages: tuple[Passage, ...], embedder: Embedder) -> _Wanted:
    digests = tuple(_hash(embedder.name, text_of(passage)) for passage in passages)
    bodies = tuple(passage.model_dump_json() for passage in passages)
    return _Wanted(passages, digests, bodies, _hash(*digests, *bodies), embedder.name, embedder.dimension)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _connect(folder: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{(folder / 'index.sqlite').absolute().as_uri()}?mode={mode}", uri=True)


def _ready(folder: Path, wanted: _Wanted, server: Server | None) -> Index | None:
    """The index when nothing has to be done. Neither locks nor writes, so it also serves a read-only folder."""
    try:
        with closing(_connect(folder, "ro")) as db:
            meta = _meta(db)
            vectors = _stack(_known(db, wanted), wanted)
    except (sqlite3.Error, KeyError):
        return None
    if meta.get("fingerprint") != wanted.fingerprint:
        return None
    if server is not None and len(vectors) > 1:
        return Index(wanted.passages, vectors, fingerprint=wanted.fingerprint, _cache=server)
    if chroma.is_dirty(folder):
        return None
    cache = _trusted_cache(folder, meta)
    if cache is None and len(vectors) > 1:
        return None
    return Index(wanted.passages, vectors, fingerprint=wanted.fingerprint, _cache=cache)


def _update(
    folder: Path, wanted: _Wanted, embedder: Embedder, progress: Progress, server: Server | None
) -> Index:  # fmt: skip
    try:
        return _write(folder, wanted, embedder, progress, server)
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise  # locked, full, read-only: not the file's fault
        for damaged in folder.glob("index.sqlite*"):
            damaged.unlink()
        return _write(folder, wanted, embedder, progress, server)


def _write(folder: Path, wanted: _Wanted, embedder: Embedder, progress: Progress, server: Server | None) -> Index:
    with closing(_connect(folder, "rwc")) as db:
        db.executescript(_SCHEMA)
        for batch in _embed(wanted, _known(db, wanted), embedder, progress):
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", batch)
        _replace(db, wanted)
        vectors = _stack(_known(db, wanted), wanted)
        if server is not None and len(vectors) > 1:
            chroma.sweep(folder, keep=None)
            return Index(wanted.passages, vectors, None, wanted.fingerprint, server)
        if server is not None:
            server.clear()
        cache, warning = _renew_cache(db, folder, vectors)
    return Index(wanted.passages, vectors, warning, wanted.fingerprint, cache)


def _replace(db: sqlite3.Connection, wanted: _Wanted) -> None:
    """All or nothing: a crash leaves the old passages with their vectors, or the new ones."""
    with db:
        old = [digest for (digest,) in db.execute("SELECT digest FROM passages ORDER BY row")]
        db.execute("DELETE FROM passages")
        rows = zip(range(len(wanted.digests)), wanted.digests, wanted.bodies, strict=True)
        db.executemany("INSERT INTO passages VALUES (?, ?, ?)", rows)
        db.execute("DELETE FROM vectors WHERE digest NOT IN (SELECT digest FROM passages)")
        _set(db, fingerprint=wanted.fingerprint, embedder=wanted.embedder)
        if old != list(wanted.digests):
            db.execute("DELETE FROM meta WHERE name IN ('cache', 'cache_digest')")


def _meta(db: sqlite3.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT name, value FROM meta"))


def _set(db: sqlite3.Connection, **meta: str) -> None:
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())


def _known(db: sqlite3.Connection, wanted: _Wanted) -> dict[str, bytes]:
    size = wanted.dimension * 4
    return dict(db.execute("SELECT digest, vector FROM vectors WHERE length(vector) = ?", (size,)))


def _stack(known: dict[str, bytes], wanted: _Wanted) -> Vectors:
    """Vectors in the order of the passages. Raises KeyError when one is missing."""
    joined = b"".join(known[digest] for digest in wanted.digests)
    return np.frombuffer(joined, dtype="<f4").astype(np.float32).reshape(-1, wanted.dimension)


# --- vectors ---------------------------------------------------------------------------------------------------------


def _embed(
    wanted: _Wanted, known: Collection[str], embedder: Embedder, progress: Progress
) -> Iterator[list[tuple[str, bytes]]]:
    """Batches of (digest, vector) for the passages whose digest is not known."""
    missing = {d: p for d, p in zip(wanted.digests, wanted.passages, strict=True) if d not in known}
    digests = list(missing)
    for start in range(0, len(digests), BATCH):
        progress(start, len(digests))
        batch = digests[start : start + BATCH]
        vectors = embedder.embed([text_of(missing[digest]) for digest in batch])
        yield [(d, v.astype("<f4").tobytes()) for d, v in zip(batch, vectors, strict=True)]
    if digests:
        progress(len(digests), len(digests))


def _embed_in_memory(folder: Path, wanted: _Wanted, embedder: Embedder, progress: Progress) -> Vectors:
    """Vectors without writing anything; those that the folder has and lets us read are not made again."""
    known: dict[str, bytes] = {}
    try:
        with closing(_connect(folder, "ro")) as db:
            known = _known(db, wanted)
    except sqlite3.Error:
        pass
    for batch in _embed(wanted, known, embedder, progress):
        known.update(batch)
    return _stack(known, wanted)


# --- the cache in Chroma ----------------------------------------------------------------------------------------------


def _trusted_cache(folder: Path, meta: dict[str, str]) -> Folder | None:
    """The cache that was built from these vectors, when its files are still those that were written."""
    if (name := meta.get("cache")) is None:
        return None
    try:
        trusted = chroma.digest(folder / name) == meta.get("cache_digest")
    except OSError:
        return None
    return Folder(folder / name) if trusted else None


def _renew_cache(db: sqlite3.Connection, folder: Path, vectors: Vectors) -> tuple[Folder | None, str | None]:
    """A cache to open later, and a warning when there can be none. Never embeds, never opens a cache in doubt."""
    crashed = chroma.is_dirty(folder)
    cache = None if crashed else _trusted_cache(folder, _meta(db))
    if cache:
        return cache, None
    if len(vectors) < 2:  # nothing to speed up, and perhaps a user who wants no trace left
        chroma.sweep(folder, keep=None)
        return None, None
    try:
        name = chroma.build_apart(folder, vectors) if crashed else chroma.build(folder, vectors)
    except Dead as error:
        return None, _without_chroma(error)
    with db:
        _set(db, cache=name, cache_digest=chroma.digest(folder / name))
    chroma.sweep(folder, keep=name)
    return Folder(folder / name), None
