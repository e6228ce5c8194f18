"""The copy in a Chroma server: a real one, started here on a free port."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest

from knowledge import chroma_server
from knowledge.chroma import Chroma
from knowledge.chroma_server import Server, collection_name
from knowledge.index import Index, index_passages
from tests.knowledge.doubles import CountingEmbedder, numbered
from tests.ui.terminal import run, warm

THIRTY = numbered(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the Chroma server did not come up within 30 seconds")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    process = serve(tmp_path_factory.mktemp("server"), port)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    connected = chromadb.HttpClient(host="127.0.0.1", port=int(url.rpartition(":")[2]))
    yield connected
    for collection in connected.list_collections():
        connected.delete_collection(collection.name)


def names(client: Any) -> list[str]:
    return sorted(collection.name for collection in client.list_collections())


def start(folder: Path, server: Server, count: int = 30) -> tuple[Index, list[str]]:
    embedder = CountingEmbedder()
    return index_passages(numbered(count), folder, embedder, wait=0.1, server=server), embedder.seen


def answers(built: Index) -> bool:
    """Whether every passage is the nearest to its own vector, and the server said so."""
    nearest = [built.dense(vector, 3)[0][0] for vector in built.vectors]
    return nearest == list(range(len(nearest))) and isinstance(built._chroma, Chroma) and built.warning is None


def test_the_copy_is_made_at_the_first_question_and_used_from_then_on(tmp_path: Path, url: str, client: Any) -> None:
    built, embedded = start(tmp_path, Server(url, "me"))
    assert len(embedded) == 30
    assert names(client) == []
    assert answers(built)
    assert names(client) == [collection_name(built.vectors)]
    assert not list(tmp_path.glob("chroma-*"))
    again, embedded = start(tmp_path, Server(url, "me"))
    assert embedded == []
    assert answers(again)
    assert names(client) == [collection_name(built.vectors)]


def test_changed_content_replaces_its_own_copy_and_leaves_others(tmp_path: Path, url: str, client: Any) -> None:
    mine, theirs = start(tmp_path / "a", Server(url, "me"))[0], start(tmp_path / "b", Server(url, "them"), 12)[0]
    assert answers(mine)
    assert answers(theirs)
    changed, embedded = start(tmp_path / "a", Server(url, "me"), 31)
    assert len(embedded) == 1
    assert answers(changed)
    assert names(client) == sorted([collection_name(changed.vectors), collection_name(theirs.vectors)])
    assert answers(theirs)


def test_a_copy_that_lost_rows_or_was_deleted_is_made_again(tmp_path: Path, url: str, client: Any) -> None:
    built, _ = start(tmp_path, Server(url, "me"))
    assert answers(built)
    client.get_collection(collection_name(built.vectors), embedding_function=None).delete(ids=["3", "4"])
    assert answers(start(tmp_path, Server(url, "me"))[0])
    client.delete_collection(collection_name(built.vectors))
    assert answers(start(tmp_path, Server(url, "me"))[0])


def test_an_unfinished_copy_is_removed(tmp_path: Path, url: str, client: Any) -> None:
    client.create_collection("hotseat-staging-0", embedding_function=None, metadata={"owner": "me"})
    built, _ = start(tmp_path, Server(url, "me"))
    assert answers(built)
    assert names(client) == [collection_name(built.vectors)]


def test_without_a_server_the_passages_are_compared_exactly(tmp_path: Path) -> None:
    built, _ = start(tmp_path, Server(f"http://127.0.0.1:{free_port()}", "me"))
    assert [built.dense(vector, 1)[0][0] for vector in built.vectors] == list(range(30))
    assert built.warning is not None
    assert "Chroma cannot be used" in built.warning


def test_a_server_that_dies_or_hangs_in_mid_interview_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    process = serve(tmp_path / "server", port)
    try:
        built, _ = start(tmp_path / "home", Server(f"http://127.0.0.1:{port}", "me"))
        assert answers(built)
        monkeypatch.setattr(chroma_server, "QUERY_SECONDS", 0.3)
        process.send_signal(19)  # SIGSTOP: connections are accepted and never answered
        began = time.monotonic()
        assert built.dense(built.vectors[7], 1)[0][0] == 7
        assert time.monotonic() - began < 2
        assert built.warning is not None
        assert "no answer within 0.3 seconds" in built.warning
        assert np.argmax([cosine for _, cosine in built.dense(built.vectors[9], 2)]) == 0
    finally:
        process.kill()
        process.wait()


def test_the_commands_use_the_server_that_is_named(
    url: str, client: Any, warm_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """From the variable to the collection, the user's own files in one of their own, and nothing left behind."""
    home = warm(warm_home, tmp_path / "home")
    monkeypatch.setenv("HOTSEAT_CHROMA_URL", url)
    notes = tmp_path / "notes.md"
    notes.write_text("# Wombats\n\nThey sort posting lists.\n\n# Burrows\n\nThey shard the index.\n")
    added = run(monkeypatch, capsys, "knowledge", "add", str(notes))
    assert added.code == 0
    assert "Chroma cannot be used" not in added.err
    assert len(names(client)) == 2
    found = run(monkeypatch, capsys, "knowledge", "search", "wombats sort posting lists")
    assert "your notes: notes.md, Wombats" in found.out.splitlines()[0]
    run(monkeypatch, capsys, "knowledge", "remove", "notes.md")
    assert len(names(client)) == 1
    assert not list((home / "own").rglob("chroma-*"))


def test_a_wrong_url_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOTSEAT_CHROMA_URL", "localhost:8000")
    assert "HOTSEAT_CHROMA_URL is not a web address" in run(monkeypatch, capsys, "knowledge", "list").error
