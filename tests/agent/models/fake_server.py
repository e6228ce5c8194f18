"""A chat-completions server on loopback that misbehaves on cue. Raw sockets, because mocks never truncate a stream.

Each request takes the next behaviour that was lined up by `say`; with none left it takes "good".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

Behaviour = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request and the means to answer it."""

    def __init__(self, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        self.headers = headers
        self.body: dict[str, Any] = {}
        self.writer = writer

    async def raw(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()

    async def begin(self, status: str = "200 OK", kind: str = "text/event-stream", extra: str = "") -> None:
        await self.raw(f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{extra}connection: close\r\n\r\n")

    async def chunk(self, content: str | None = None, finish: str | None = None, **more: Any) -> None:
        delta = {} if content is None else {"role": "assistant", "content": content}
        choice = {"index": 0, "delta": delta, "finish_reason": finish, **more}
        await self.data({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})

    async def data(self, value: Any) -> None:
        await self.raw(f"data: {json.dumps(value)}\n\n")

    async def end(self, prompt: int = 7, completion: int = 3) -> None:
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        await self.chunk(finish="stop")
        await self.data({"id": "x", "object": "chat.completion.chunk", "created": 1, "choices": [], "usage": usage})
        await self.raw("data: [DONE]\n\n")


class FakeServer:
    def __init__(self) -> None:
        self.requests: list[Exchange] = []
        self.hung_up = asyncio.Event()
        self.base_url = ""
        self._script: list[Behaviour] = []

    def say(self, *behaviours: Behaviour) -> None:
        self._script.extend(behaviours)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            exchange = Exchange(headers, writer)
            self.requests.append(exchange)
            exchange.body = json.loads(await reader.readexactly(int(headers["content-length"])))
            await self._answer(self._script.pop(0) if self._script else good, exchange, reader)
        writer.close()

    async def _answer(self, behaviour: Behaviour, exchange: Exchange, reader: asyncio.StreamReader) -> None:
        """Ends with the behaviour or, as a good server does, as soon as the client hangs up."""
        answer = asyncio.ensure_future(behaviour(exchange))
        hang_up = asyncio.ensure_future(reader.read())
        done, _ = await asyncio.wait([answer, hang_up], return_when=asyncio.FIRST_COMPLETED)
        if answer not in done:
            self.hung_up.set()
        for task in (answer, hang_up):
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await task


@asynccontextmanager
async def fake_server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    server = await asyncio.start_server(fake.handle, "127.0.0.1", 0)
    fake.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield fake


def pieces(*texts: str) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.begin()
        for text in texts:
            await exchange.chunk(text)
        await exchange.end()

    return behave


good = pieces("How ", "would you ", "label it?")


def status(line: str, body: Any, extra: str = "") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.begin(line, "application/json", extra)
        await exchange.raw(json.dumps(body))

    return behave


def echo_key(line: str) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await status(line, {"error": {"message": f"Bad key {exchange.headers['authorization']}"}})(exchange)

    return behave


async def html(exchange: Exchange) -> None:
    await exchange.begin(kind="text/html")
    await exchange.raw("<html><body>Log in to the hotel network</body></html>")


async def silent(exchange: Exchange) -> None:
    await asyncio.sleep(60)


async def silent_after_headers(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk("")
    await asyncio.sleep(60)


async def keep_alives_only(exchange: Exchange) -> None:
    await exchange.begin()
    while True:
        await exchange.raw(": ping\n\n")
        await asyncio.sleep(0.05)


async def stalls_in_the_middle(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk("How ")
    await asyncio.sleep(60)


async def stalls_after_the_finish(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk("How?")
    await exchange.chunk(finish="stop")
    await asyncio.sleep(60)


async def truncated(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk("How would")


async def cut_off(exchange: Exchange) -> None:
    """The connection breaks within the body."""
    await exchange.begin(extra="transfer-encoding: chunked\r\n")
    body = 'data: {"choices": [{"index": 0, "delta": {"content": "How "}, "finish_reason": null}]}\n\n'
    await exchange.raw(f"{len(body):x}\r\n{body}\r\n")


async def malformed(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk("How ")
    await exchange.raw('data: {"choices": [{"delta"\n\n')


async def no_choices(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.data({"id": "x", "object": "chat.completion.chunk", "created": 1, "choices": []})
    await exchange.raw("data: [DONE]\n\n")


async def error_within(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk("How ")
    await exchange.data({"error": {"message": f"out of memory for {exchange.headers['authorization']}"}})


async def endless(exchange: Exchange) -> None:
    await exchange.begin()
    while True:
        await exchange.chunk("and ")
        await asyncio.sleep(0.01)


def first_token(*listed: tuple[str, float]) -> Behaviour:
    """An answer of one token with the log-probabilities of the likeliest ones."""

    async def behave(exchange: Exchange) -> None:
        top = [{"token": token, "logprob": log, "bytes": None} for token, log in listed]
        await exchange.begin()
        await exchange.chunk(listed[0][0], logprobs={"content": [{**top[0], "top_logprobs": top}]})
        await exchange.end()

    return behave
