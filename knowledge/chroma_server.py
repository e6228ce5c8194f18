"""Chroma behind a URL, as a throw-away copy of vectors, like the folders of `chroma.py`.

A collection is named by a hash of the vectors in it: a home that finds it uses it, whoever made it; one that does not
makes it. It is filled under another name and renamed, so that nobody meets half of one. Each home removes its own older
collections. A server that is slow or gone is done without: the caller compares the vectors itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit

from knowledge.chroma import GRAPH, ROWS_PER_CALL, Chroma, Dead, Vectors, dead_if_it_fails

CONNECT_SECONDS = 3.0
QUERY_SECONDS = 2.0
"""A question waits no longer than this; the exact search takes milliseconds."""
BUILD_SECONDS = 600.0

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Server:
    """A Chroma server, and whose collections are meant: one owner per index, or one would sweep the other's."""

    url: str
    owner: str

    def open(self, vectors: Vectors) -> Chroma:
        """The collection that holds exactly `vectors`, made now where there is none. Raises Dead."""
        with dead_if_it_fails():
            self._reachable()
            return _in_time(lambda: self._open(vectors), BUILD_SECONDS)

    def clear(self) -> None:
        """Removes what this owner has there, where the server can be reached."""
        with contextlib.suppress(Dead), dead_if_it_fails():
            self._reachable()
            _in_time(lambda: self._sweep(self._client(), keep=""), BUILD_SECONDS)

    def _open(self, vectors: Vectors) -> Chroma:
        client = self._client()
        name = collection_name(vectors)
        collection = _find(client, name)
        if collection is None or collection.count() != len(vectors):
            collection = self._build(client, name, vectors)
        self._sweep(client, keep=name)
        return Remote(client, collection, vectors)

    def _build(self, client: Any, name: str, vectors: Vectors) -> Any:
        staging = f"hotseat-staging-{secrets.token_hex(8)}"
        collection = client.create_collection(
            staging, embedding_function=None, configuration={"hnsw": GRAPH}, metadata={"owner": self.owner}
        )
        for start in range(0, len(vectors), ROWS_PER_CALL):
            part = vectors[start : start + ROWS_PER_CALL]
            collection.add(ids=[str(start + i) for i in range(len(part))], embeddings=part)
        if _find(client, name) is not None:  # of another size, or made by somebody else meanwhile: equal or damaged
            client.delete_collection(name)
        collection.modify(name=name)
        return client.get_collection(name, embedding_function=None)

    def _sweep(self, client: Any, keep: str) -> None:
        """Removes what this home made before; an unfinished one of a build that goes on elsewhere is that home's."""
        for collection in client.list_collections():
            metadata = collection.metadata or {}
            if metadata.get("owner") == self.owner and collection.name != keep:
                client.delete_collection(collection.name)

    def _client(self) -> Any:
        import chromadb

        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        settings = chromadb.Settings(anonymized_telemetry=False)
        port = parts.port or (443 if secure else 8000)
        return chromadb.HttpClient(host=parts.hostname or "", port=port, ssl=secure, settings=settings)

    def _reachable(self) -> None:
        """Chroma's client waits for ever for a host that does not answer."""
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 8000)
        socket.create_connection((parts.hostname or "", port), timeout=CONNECT_SECONDS).close()


class Remote(Chroma):
    """An open collection of a server."""

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        return _in_time(lambda: super(Remote, self).nearest(vector, limit), QUERY_SECONDS)


def collection_name(vectors: Vectors) -> str:
    """Equal vectors, equal name, on all machines."""
    digest = hashlib.sha256(f"{vectors.shape}\0".encode() + vectors.astype("<f4").tobytes())
    return f"hotseat-{digest.hexdigest()[:32]}"


def _find(client: Any, name: str) -> Any:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _in_time(work: Callable[[], _Result], seconds: float) -> _Result:
    """The result of `work`, which is left to itself when it takes longer. Raises Dead, or what `work` raises."""
    done: SimpleQueue[tuple[bool, Any]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((True, work()))
        except BaseException as error:  # handed to the caller
            done.put((False, error))

    threading.Thread(target=run, name="chroma-server", daemon=True).start()
    try:
        fine, value = done.get(timeout=seconds)
    except Empty:
        raise Dead(f"no answer within {seconds:g} seconds") from None
    if not fine:
        raise value
    result: _Result = value
    return result
