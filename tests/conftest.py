"""Shared fixtures, and the guard that keeps every test on this machine."""

from __future__ import annotations

import ipaddress
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.content import load_scoring
from agent.crossencoder import CrossEncoder, load_judge
from agent.interviewer import Interviewer
from agent.reader import Reader
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.embedding import MiniLM, load_embedder
from knowledge.library import Library, load
from knowledge.vectors import VectorCache
from tests.factory import tiny_library
from tests.played import Play, player
from tests.ui.serving import HOTSEAT, environment
from ui.assembly import index_folder

PREPARED = ("payment-fraud-detection", "rag-support-assistant", "video-recommendation")
"""Problems that tests interview on."""


class OutsideConnection(AssertionError):
    """Something under test tried to leave the machine."""


def _inside(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a UNIX socket
    host = address[0]
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_outside_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections and look-ups outside of loopback fail the test that makes them."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(method: Any) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if not _inside(address):
                raise OutsideConnection(f"connection to {address!r}")
            return method(self, address)

        return call

    def guarded_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _inside((name, 0)):
            raise OutsideConnection(f"look-up of {name!r}")
        return lookup(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees this machine's model, keys or data."""
    names = ("MODEL", "BASE_URL", "API_KEY", "MODEL_SIZE", "CHROMA_URL")
    for name in [f"HOTSEAT_{n}" for n in names] + [f"OPENAI_{n}" for n in names]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOTSEAT_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped library."""
    return load()


@pytest.fixture(scope="session")
def scoring() -> Scoring:
    return load_scoring()


@pytest.fixture(scope="session")
def embedder() -> MiniLM:
    return load_embedder()


@pytest.fixture(scope="session")
def warm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the notes are indexed and PREPARED read, once per run. Copy it, do not use it."""
    home = tmp_path_factory.mktemp("warm")
    build = [*HOTSEAT, "knowledge", "build"]
    subprocess.run(build, env=environment(home, home / "guard.txt"), check=True, capture_output=True)
    embedder = load_embedder()
    reader = Reader(
        embedder.embed, load_judge().judge, keep=VectorCache(embedder, index_folder(home) / "exemplars").embed
    )
    for problem in PREPARED:
        reader.prepare(load().problems[problem])
    return home


@pytest.fixture(scope="session")
def encoder() -> CrossEncoder:
    return load_judge()


@pytest.fixture(scope="session")
def reader(embedder: MiniLM, encoder: CrossEncoder, warm_home: Path) -> Reader:
    """The shipped reader."""
    kept = VectorCache(embedder, index_folder(warm_home) / "exemplars")
    return Reader(embedder.embed, encoder.judge, keep=kept.embed)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, library: Library, scoring: Scoring, reader: Reader) -> Play:
    """Plays scripted candidates with the shipped reader and no model."""
    store = Store(tmp_path_factory.mktemp("candidates"))
    return player(Interviewer(library=library, scoring=scoring, store=store, reader=reader))


@pytest.fixture(scope="session")
def tiny() -> Library:
    """A library of one small problem, made in code, so that tests of the core do not depend on content."""
    return tiny_library()
