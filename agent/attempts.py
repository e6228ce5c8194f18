"""Where attempts at drills are kept, and when the weekly review was read: tables beside the transcripts. I/O.

Append-only, like the transcripts: when a drill comes back is computed from the log, never stored.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from pydantic import ValidationError

from agent.drills import Attempt
from agent.errors import StoreError
from agent.store import Store

_metadata = sa.MetaData()
_attempts = sa.Table(
    "attempt",
    _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("owner", sa.String(120), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
)
_reviews = sa.Table(
    "review_read",
    _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("owner", sa.String(120), nullable=False, index=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)


class Attempts:
    """The log of attempts in one store. Every method raises `StoreError` with one clear line."""

    def __init__(self, store: Store):
        self._store = store
        with store.transaction() as connection:
            _metadata.create_all(connection)

    def add(self, attempt: Attempt) -> None:
        row = {"owner": attempt.owner, "body": attempt.model_dump_json()}
        with self._store.transaction() as connection:
            connection.execute(_attempts.insert().values(row))

    def of(self, owner: str) -> list[Attempt]:
        """The owner's attempts in the order in which they were made."""
        query = sa.select(_attempts.c.seq, _attempts.c.body).where(_attempts.c.owner == owner)
        with self._store.transaction() as connection:
            rows = connection.execute(query.order_by(_attempts.c.seq)).all()
        return [_read(seq, body) for seq, body in rows]

    def review_read(self, owner: str) -> datetime | None:
        """When the owner last read the weekly review, in UTC."""
        query = sa.select(sa.func.max(_reviews.c.at)).where(_reviews.c.owner == owner)
        with self._store.transaction() as connection:
            at: datetime | None = connection.execute(query).scalar()
        return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at

    def mark_review_read(self, owner: str, at: datetime) -> None:
        with self._store.transaction() as connection:
            connection.execute(_reviews.insert().values(owner=owner, at=at.astimezone(UTC)))


def _read(seq: int, body: str) -> Attempt:
    try:
        return Attempt.model_validate_json(body)
    except ValidationError as error:
        raise StoreError(f"Drill attempt {seq} cannot be read ({error.errors()[0]['msg']}).") from None
