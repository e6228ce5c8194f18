"""A user's own files: what was added, as passages that are searched beside the library's and never graded by.

    shelf.sqlite   files and their pieces, by content hash; the truth
    shelf.lock     held by the one process that adds or removes
    (and the index of its passages, `index.py`)

One folder per user. Nothing here leaves the machine.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from knowledge.errors import KnowledgeError
from knowledge.files import FileReader, Piece, Unreadable, supported
from knowledge.index import Progress
from knowledge.schema import Passage

LOCK_SECONDS = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, digest TEXT NOT NULL, added TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pieces (
    file TEXT NOT NULL REFERENCES files(id) ON DELETE CASCADE, n INTEGER NOT NULL, heading TEXT NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (file, n)
);
"""


class ShelfError(KnowledgeError):
    """The shelf itself cannot be used. One line."""


class Outcome(StrEnum):
    ADDED = "added"
    RENEWED = "renewed"
    """The file was there with other content."""
    UNCHANGED = "unchanged"
    TWICE = "twice"
    """Another file with the same content is there."""
    REFUSED = "refused"


def counted(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


@dataclass(frozen=True)
class Report:
    """What became of one path."""

    path: Path
    outcome: Outcome
    why: str = ""
    pieces: int = 0

    def __str__(self) -> str:
        said = self.why or f"{self.outcome}, {counted(self.pieces, 'passage')}"
        return f"{self.path}: {said}"


@dataclass(frozen=True)
class OwnFile:
    """A file on the shelf."""

    id: str
    path: str
    title: str
    added: str
    pieces: int


class Shelf:
    """One user's files under `folder`, which is made when the first one is added."""

    def __init__(self, folder: Path):
        self.folder = folder

    # --- adding and removing ---

    def add(self, paths: Sequence[Path], progress: Progress = lambda done, total: None) -> list[Report]:
        """Puts files, and the files in folders, on the shelf; one report per file that was looked at and per problem.

        A file whose content is there already costs a hash. Raises ShelfError.
        """
        reports: list[Report] = []
        files = list(_walk(paths, reports.append))
        with self._writing() as db, FileReader() as reader:
            for done, path in enumerate(files):
                progress(done, len(files))
                reports.append(_add(db, path, reader))
        if files:
            progress(len(files), len(files))
        return reports

    def remove(self, names: Sequence[str]) -> tuple[list[OwnFile], list[str]]:
        """Takes files off the shelf by id, path, folder or name: the removed ones, and names that nothing here has."""
        removed: dict[str, OwnFile] = {}
        unknown = []
        with self._writing() as db:
            for name in names:
                path = _absolute(Path(name))
                wanted = {name, str(path)}
                found = [
                    file
                    for file in _files(db)
                    if wanted & {file.id, file.path, file.title} or path in Path(file.path).parents
                ]
                removed |= {file.id: file for file in found}
                if not found:
                    unknown.append(name)
            for file in removed.values():
                db.execute("DELETE FROM files WHERE id = ?", (file.id,))
            db.commit()
            if removed:
                db.execute("VACUUM")
        return list(removed.values()), unknown

    # --- reading ---

    def files(self) -> list[OwnFile]:
        """What is on the shelf, in the order of adding. Raises ShelfError."""
        with self._reading() as db:
            return _files(db) if db else []

    def passages(self) -> tuple[Passage, ...]:
        """All pieces as passages, file by file. Raises ShelfError."""
        with self._reading() as db:
            rows = db.execute(_PASSAGES).fetchall() if db else []
        return tuple(
            Passage(id=f"{file}#{n}", kind="own", document=file, title=title, heading=heading, text=text)
            for file, n, title, heading, text in rows
        )

    # --- the database ---

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (
                FileLock(self.folder / "shelf.lock", timeout=LOCK_SECONDS),
                closing(sqlite3.connect(self.folder / "shelf.sqlite")) as db,
            ):
                db.executescript("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;" + _SCHEMA)
                yield db
                db.commit()
        except Timeout:
            raise ShelfError(f"Another Hotseat is adding to {self.folder}; try again when it is done.") from None
        except (OSError, sqlite3.Error) as error:
            raise ShelfError(f"Your files cannot be kept in {self.folder}: {error}.") from None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where nothing was ever added."""
        path = self.folder / "shelf.sqlite"
        if not path.is_file():
            yield None
            return
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
                yield db
        except sqlite3.Error as error:
            raise ShelfError(f"Your files in {self.folder} cannot be read: {error}.") from None


_PASSAGES = """
SELECT files.id, pieces.n, files.title, pieces.heading, pieces.text
FROM files JOIN pieces ON pieces.file = files.id ORDER BY files.added, files.id, pieces.n
"""
_FILES = """
SELECT files.id, files.path, files.title, files.added, count(pieces.n)
FROM files LEFT JOIN pieces ON pieces.file = files.id GROUP BY files.id ORDER BY files.added, files.id
"""


def _files(db: sqlite3.Connection) -> list[OwnFile]:
    return [OwnFile(*row) for row in db.execute(_FILES)]


def _add(db: sqlite3.Connection, path: Path, reader: FileReader) -> Report:
    try:
        digest = _digest(path)
        known = db.execute("SELECT digest FROM files WHERE path = ?", (str(path),)).fetchone()
        if known == (digest,):
            return Report(path, Outcome.UNCHANGED, "unchanged")
        same = db.execute("SELECT path FROM files WHERE digest = ? AND path != ?", (digest, str(path))).fetchone()
        if same:
            return Report(path, Outcome.TWICE, f"has the same content as {same[0]}")
        found = reader.read(path)
    except Unreadable as error:
        return Report(path, Outcome.REFUSED, str(error))
    except OSError as error:
        return Report(path, Outcome.REFUSED, f"cannot be read: {error.strerror or error}")
    except UnicodeError:
        return Report(path, Outcome.REFUSED, "has a name that is not UTF-8: rename it")
    _store(db, path, digest, found)
    return Report(path, Outcome.RENEWED if known else Outcome.ADDED, pieces=len(found))


def _store(db: sqlite3.Connection, path: Path, digest: str, found: Sequence[Piece]) -> None:
    """One transaction per file: an interruption leaves whole files."""
    with db:
        db.execute("DELETE FROM files WHERE path = ?", (str(path),))
        identity = f"own-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
        added = datetime.now(UTC).isoformat()
        db.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?)", (identity, str(path), path.name, digest, added))
        rows = ((identity, n, piece.heading, piece.text) for n, piece in enumerate(found, 1))
        db.executemany("INSERT INTO pieces VALUES (?, ?, ?, ?)", rows)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- which files ------------------------------------------------------------------------------------------------------


def _walk(paths: Sequence[Path], report: Callable[[Report], None]) -> Iterator[Path]:
    """Files that are named, whatever their kind, and those of a readable kind in named folders, each once."""
    seen: set[Path] = set()
    for path in map(_absolute, paths):
        if path.is_dir():
            found = _in_folder(path, report)
        elif path.exists() or path.is_symlink():
            found = iter([path])
        else:
            report(Report(path, Outcome.REFUSED, "does not exist"))
            continue
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _in_folder(folder: Path, report: Callable[[Report], None]) -> Iterator[Path]:
    """Follows links to folders, but into no folder twice; leaves out what is hidden or of another kind."""
    visited: set[tuple[int, int]] = set()
    other = 0
    any_file = False

    def failed(error: OSError) -> None:
        report(Report(Path(error.filename), Outcome.REFUSED, f"cannot be read: {error.strerror}"))

    for name, folders, files in os.walk(folder, followlinks=True, onerror=failed):
        here = Path(name)
        status = here.stat()
        if (status.st_dev, status.st_ino) in visited:
            report(Report(here, Outcome.REFUSED, "is a link back to a folder that was read already"))
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for file in sorted(one for one in files if not one.startswith(".")):
            if supported(here / file):
                any_file = True
                yield here / file
            else:
                other += 1
    if other or not any_file:
        why = f"{counted(other, 'file')} of other kinds left out" if other else "holds no file that can be read"
        report(Report(folder, Outcome.UNCHANGED if any_file else Outcome.REFUSED, why))


def _absolute(path: Path) -> Path:
    """Without resolving links: a file is known by the name that its user gave."""
    return Path(os.path.abspath(path.expanduser()))
