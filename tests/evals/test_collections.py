"""Public collections: parsed as they are laid out, fetched once, and refused when they are not what was looked at."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from evals.retrieval import collections
from evals.retrieval.collections import COLLECTIONS, Collection, Unobtainable, parse_longmemeval, parse_two_wiki

TWO_WIKI = {
    "examples/data/2wikimultihopqa_corpus.json": [
        {"title": "Rake", "text": "A rake is a tool."},
        {"title": "Wooden Rake", "text": "It lies in Kent."},
        {"title": "Rake", "text": "A rake is a tool."},
    ],
    "examples/data/2wikimultihopqa.json": [
        {
            "_id": "q1",
            "question": "Where does the wooden rake lie?",
            "supporting_facts": [["Wooden Rake", 0]],
            "context": [["Rake", ["A rake is a tool."]], ["Wooden Rake", ["It lies in Kent."]]],
        }
    ],
}


def session(*said: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]


LONG = {
    "tests/evals/data/longmemeval_data/longmemeval_oracle.json": [
        {
            "question_id": "a",
            "question_type": "multi-session",
            "question": "Which rake did I buy?",
            "haystack_session_ids": ["s1", "s2"],
            "haystack_sessions": [session("I bought a rake.", "Good."), session("I like tea.", "Fine.")],
            "answer_session_ids": ["s1"],
        },
        {
            "question_id": "b_abs",
            "question_type": "multi-session",
            "question": "Which car did I buy?",
            "haystack_session_ids": ["s3"],
            "haystack_sessions": [session("I bought a rake.", "Other words.")],
            "answer_session_ids": ["s3"],
        },
        {
            "question_id": "c",
            "question_type": "single-session-assistant",
            "question": "What did you say?",
            "haystack_session_ids": ["s2"],
            "haystack_sessions": [session("I like tea.", "Fine.")],
            "answer_session_ids": ["s2"],
        },
    ]
}


def test_two_wiki_judges_the_paragraphs_a_question_was_made_of() -> None:
    found = parse_two_wiki(TWO_WIKI.__getitem__)
    assert found.texts[1] == ("1", "Wooden Rake\nIt lies in Kent.")
    assert found.queries == {"q1": "Where does the wooden rake lie?"}
    assert found.judged == {"q1": {"1": 1}}


def test_longmemeval_searches_what_the_user_said_once() -> None:
    found = parse_longmemeval(LONG.__getitem__)
    assert found.texts == (("s1", "I bought a rake."), ("s2", "I like tea."))
    assert found.judged == {"a": {"s1": 1}}
    assert list(found.queries) == ["a"]


# --- bringing one -----------------------------------------------------------------------------------------------------


def packed(root: str, files: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"{root}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Index(BaseHTTPRequestHandler):
    """A package index of one project with one file."""

    archive = packed("tool-1.0", TWO_WIKI)

    def do_GET(self) -> None:
        served: list[str] = self.server.served  # type: ignore[attr-defined]
        served.append(self.path)
        digest = hashlib.sha256(self.archive).hexdigest()
        page = f'<a href="/files/tool-1.0.tar.gz#sha256={digest}">x</a>'.encode()
        known = {"/simple/tool/": page, "/files/tool-1.0.tar.gz": self.archive}
        body = known.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    paths: list[str] = []
    server.served = paths  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/simple")
    yield paths
    server.shutdown()
    server.server_close()


TOOL = Collection(
    "Tool", "tool", "tool-1.0.tar.gz", hashlib.sha256(Index.archive).hexdigest(), parse_two_wiki
)  # fmt: skip
get = partial(Collection.get, progress=lambda done, total: None)


def test_a_collection_is_brought_once_and_again_when_its_file_is_damaged(tmp_path: Path, served: list[str]) -> None:
    assert get(TOOL, tmp_path).queries == {"q1": "Where does the wooden rake lie?"}
    assert len(served) == 2
    get(TOOL, tmp_path)
    assert len(served) == 2
    (tmp_path / TOOL.file).write_bytes(b"damaged")
    get(TOOL, tmp_path)
    assert len(served) == 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(TOOL, sha256="0" * 64), "is not the file that was looked at"),
        (replace(TOOL, file="tool-9.tar.gz"), "has no tool-9.tar.gz"),
        (replace(TOOL, project="gone"), "HTTP 404"),
        (replace(TOOL, parse=parse_longmemeval), "longmemeval"),
    ],
)
def test_what_cannot_be_had_is_one_line(tmp_path: Path, served: list[str], wrong: Collection, said: str) -> None:
    with pytest.raises(Unobtainable, match=said) as caught:
        get(wrong, tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*.part"))


def test_a_member_of_unexpected_size_is_not_read(
    tmp_path: Path, served: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "MEMBER_BYTES", 10)
    with pytest.raises(Unobtainable, match="expected size"):
        get(TOOL, tmp_path)


def test_there_are_at_least_two_pinned_collections() -> None:
    assert len(COLLECTIONS) >= 2
    assert all(len(one.sha256) == 64 for one in COLLECTIONS)
