"""Where transcripts are kept: an append-only event table through SQLAlchemy Core. I/O.

One transaction is one fact. The primary key (interview, seq) is the lock: of two writers who both read the same
transcript, the second gets `Conflict` and nothing is lost. SQLite here; the tables are plain enough for any database.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from agent.errors import Conflict, NotFound, StoreError
from agent.events import EVENT, SCHEMA, Event, Parent, Setup, Started

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that look alike: ids are read aloud and typed."""
ID_LENGTH = 10

_metadata = sa.MetaData()
_interviews = sa.Table(
    "interview",
    _metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.String(120), nullable=False, index=True),
    sa.Column("problem", sa.String(80), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
)
_events = sa.Table(
    "event",
    _metadata,
    sa.Column("interview", sa.String(40), sa.ForeignKey("interview.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One line of the list of interviews."""

    id: str
    problem: str
    created: datetime
    turns: int
    ended: bool
    setup: Setup
    parent: Parent | None = None


def new_id() -> str:
    """An unguessable id of about 49 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))


def id_from(digest: bytes) -> str:
    """An id that is always the same for the same bytes, of which it takes the first."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:ID_LENGTH])


class Store:
    """Transcripts in `<home>/transcripts.sqlite`. Every method raises `StoreError` with one clear line."""

    def __init__(self, home: Path):
        self.path = home / "transcripts.sqlite"
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(_unwritable(home, error)) from None
        self._engine = sa.create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 5})
        sa.event.listen(self._engine, "connect", _configure)
        with self._guarded():
            _metadata.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def create(self, started: Started, *shared: Event) -> str:
        """A new interview that begins with these events; its id."""
        interview = new_id()
        self.add(interview, started, shared)
        return interview

    def add(self, interview: str, started: Started, later: Sequence[Event]) -> None:
        """A whole interview at once, under an id that the caller chose. Raises Conflict when the id is taken.

        A rewind was created when it left its parent.
        """
        setup = started.setup
        created = started.parent.when if started.parent else started.when
        row = {"id": interview, "owner": setup.owner, "problem": setup.problem, "created": created}
        events = [_row(interview, seq, event) for seq, event in enumerate((started, *later))]
        try:
            with self._guarded(), self._engine.begin() as connection:
                connection.execute(_interviews.insert().values(**row))
                connection.execute(_events.insert(), events)
        except sa.exc.IntegrityError:
            raise Conflict(f"There is an interview {interview} already.") from None

    def append(self, interview: str, after: int, events: Sequence[Event]) -> int:
        """Appends behind the event number `after` and returns the number of the last event.

        Raises Conflict when somebody else appended first.
        """
        rows = [_row(interview, after + 1 + i, event) for i, event in enumerate(events)]
        try:
            with self._guarded(), self._engine.begin() as connection:
                connection.execute(_events.insert(), rows)
        except sa.exc.IntegrityError:
            raise Conflict(f"Interview {interview} went on in another window. Reload it and answer there.") from None
        return after + len(events)

    def events(self, interview: str) -> list[Event]:
        """All events in order. Raises NotFound, or StoreError for a row that cannot be read."""
        query = sa.select(_events.c.seq, _events.c.body).where(_events.c.interview == interview)
        with self._guarded(), self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_events.c.seq)).all()
        if not rows:
            raise NotFound(f"There is no interview {interview!r}. `hotseat sessions` lists what is there.")
        return [_read(interview, seq, body) for seq, body in rows]

    def entries(self, owner: str) -> list[Entry]:
        """The owner's interviews that can be read, newest first."""
        return self.listing(owner)[0]

    def listing(self, owner: str) -> tuple[list[Entry], list[str]]:
        """The owner's interviews, newest first, and one line for each that cannot be read."""
        listed = self._listed(owner)
        readable = [one for one in listed if isinstance(one, Entry)]
        return readable, [str(one) for one in listed if isinstance(one, StoreError)]

    def _listed(self, owner: str) -> list[Entry | StoreError]:
        query = sa.select(_interviews).where(_interviews.c.owner == owner).order_by(_interviews.c.created.desc())
        with self._guarded(), self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            return [self._entry_or_error(connection, row) for row in rows]

    def _entry_or_error(self, connection: sa.Connection, row: Any) -> Entry | StoreError:
        """One damaged interview must not hide the others."""
        try:
            return self._entry(connection, row)
        except StoreError as error:
            return error

    def _entry(self, connection: sa.Connection, row: Any) -> Entry:
        kinds = connection.execute(
            sa.select(_events.c.kind, sa.func.count()).where(_events.c.interview == row["id"]).group_by(_events.c.kind)
        ).all()
        counts: dict[str, int] = {row[0]: row[1] for row in kinds}
        first = connection.execute(
            sa.select(_events.c.body).where(_events.c.interview == row["id"], _events.c.seq == 0)
        ).scalar()
        started = _read(row["id"], 0, first or "")
        if not isinstance(started, Started):
            raise StoreError(f"Interview {row['id']} does not begin with its setup.")
        return Entry(
            id=row["id"],
            problem=row["problem"],
            created=row["created"],
            turns=counts.get("said", 0) + counts.get("answered", 0),
            ended="ended" in counts,
            setup=started.setup,
            parent=started.parent,
        )

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """For tables that are kept beside the transcripts; raises StoreError like every method here."""
        with self._guarded(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
            if isinstance(error, sa.exc.IntegrityError):
                raise
            raise StoreError(_unwritable(self.path, error.orig or error)) from None


def _unwritable(path: Path, error: BaseException) -> str:
    return f"The data folder cannot be used ({path}: {error}). Set HOTSEAT_HOME to a folder that can be written."


def _row(interview: str, seq: int, event: Event) -> dict[str, Any]:
    return {"interview": interview, "seq": seq, "kind": event.kind, "body": event.model_dump_json()}


def _read(interview: str, seq: int, body: str) -> Event:
    if seq == 0:
        _check_schema(interview, body)
    try:
        return EVENT.validate_json(body)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StoreError(f"Event {seq} of interview {interview} cannot be read ({reason}).") from None


def _check_schema(interview: str, first: str) -> None:
    """Looked up before anything is validated: a newer Hotseat may have added fields that this one forbids."""
    found = re.search(r'"schema_version":\s*(\d+)', str(first))
    if found and int(found[1]) > SCHEMA:
        raise StoreError(f"Interview {interview} was written by a newer Hotseat; update this one to open it.")


def _configure(connection: Any, _record: Any) -> None:
    """Write-ahead log, and a commit is on disk before it returns: what was said survives a kill in mid-turn."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
