"""A model behind a chat-completions API: deadlines, one retry, and errors in our own words. Prompts are made elsewhere.

A stream that ends without a finish reason was cut: ChatOpenAI calls that a success, here it is ModelStalled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.errors import ModelError, ModelGarbled, ModelStalled
from agent.models import wire
from agent.models.failures import explain, rejected_field, retry_after
from agent.models.odds import yes_log_odds
from agent.models.port import Message
from agent.models.reasoning import Reasoning
from agent.settings import ModelSettings

if TYPE_CHECKING:
    import httpx2
    from langchain_core.messages import AIMessageChunk

_LISTED = 20  # log-probabilities of this many first tokens: the most that OpenAI, vLLM and Ollama give
_AFTER_FINISH = 2.0  # seconds for the token counts, which some servers send last and some never
_LENGTH_FIELDS = {"max_tokens", "max_completion_tokens"}


@dataclass(frozen=True)
class Patience:
    """Seconds until a call is given up. The candidate waits for `first`; `between` and `whole` bound the rest."""

    connect: float = 3.0
    first: float = 8.0
    """until the first word that may be shown: thoughts do not count, a retry does not start it anew"""
    between: float = 10.0
    """between two pieces after that"""
    whole: float = 60.0


LOCAL_PATIENCE = Patience(first=30.0, whole=120.0)
"""For servers on this machine: two cores read about 100 tokens of prompt a second (research/llm.md 2)."""


@dataclass(frozen=True)
class LastCall:
    """None where the server did not say, or the call ended before."""

    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    first_s: float | None
    """seconds until the first word"""
    whole_s: float


class Endpoint:
    """Implements `port.Model`. Costs nothing until used, so make one per interview: `last` is of the latest call."""

    def __init__(self, settings: ModelSettings, patience: Patience | None = None, *, temperature: float = 0.3) -> None:
        self._settings = settings
        self._patience = patience or (LOCAL_PATIENCE if wire.is_loopback(settings.base_url) else Patience())
        self._temperature = temperature
        self._rejected: frozenset[str] = frozenset()
        self.last: LastCall | None = None

    @property
    def name(self) -> str:
        return self._settings.model

    @property
    def small(self) -> bool:
        return self._settings.small

    @property
    def local(self) -> bool:
        return wire.is_loopback(self._settings.base_url)

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """See the port. The pieces that came before a ModelError are good."""
        await asyncio.to_thread(wire.prepare)
        thoughts, clock = Reasoning(), _Clock(self._patience)
        ask = wire.Ask(max_tokens, self._temperature)
        async with aclosing(self._chunks(messages, ask, clock)) as chunks:
            async for chunk in chunks:
                shown = thoughts.feed(str(chunk.text))
                if thoughts.stray:
                    raise ModelGarbled(f"{self._here} shows its thoughts: turn on its server's reasoning parser")
                if shown:
                    clock.hear()
                    yield shown
        if rest := thoughts.end():
            clock.hear()
            yield rest
        if clock.first is None:
            raise ModelGarbled(f"{self._here} sent an empty reply: if it reasons, turn that off or allow more tokens")

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        """See the port. Streamed as well, because only a stream stops at the server when it is cancelled."""
        if "logprobs" in self._rejected:
            return None
        await asyncio.to_thread(wire.prepare)
        clock = _Clock(self._patience)
        tokens: list[tuple[str, float]] = []
        async with aclosing(self._chunks(messages, wire.Ask(1, 0.0, _LISTED), clock)) as chunks:
            async for chunk in chunks:
                clock.hear()
                tokens = tokens or self._first_token(chunk.response_metadata.get("logprobs"))
        return yes_log_odds(tokens) if tokens else None

    async def _chunks(
        self, messages: Sequence[Message], ask: wire.Ask, clock: _Clock
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """One call from connection to token counts. The failure is raised outside `except`: see failures.py."""
        failure: ModelError | None = None
        usage: dict[str, Any] = {}
        read = self._patience.first + self._patience.between  # a backstop behind the clock
        async with wire.client(self._settings, connect=self._patience.connect, read=read) as http:
            try:
                chunks, chunk = await self._open(http, messages, ask, clock)
                while chunk is not None:
                    clock.note(chunk.response_metadata.get("finish_reason"))
                    usage = dict(chunk.usage_metadata or usage)
                    yield chunk
                    chunk = await self._next(chunks, clock)
            except Exception as error:
                failure = self._explain(error, clock)
            finally:
                self.last = _last_call(usage, clock)
        if failure is not None and not (clock.finished and isinstance(failure, ModelStalled)):
            raise failure
        if clock.first is not None and not clock.finished:
            raise ModelStalled(f"{self._here} broke off in mid-reply: look at the server's log, or try again")

    async def _open(
        self, http: httpx2.AsyncClient, messages: Sequence[Message], ask: wire.Ask, clock: _Clock
    ) -> tuple[AsyncIterator[AIMessageChunk], AIMessageChunk | None]:
        """The stream and its first chunk. Asks again without a field that a server rejects, and once if it is busy."""
        refusal: Exception | None = None
        while True:
            chunks = wire.send(self._settings, http, messages, ask, self._rejected)
            try:
                return chunks, await self._next(chunks, clock)
            except Exception as error:
                if self._learn(rejected_field(error)):
                    continue
                pause = retry_after(error)
                if refusal is not None or pause is None or pause >= clock.left():
                    raise refusal or error from None
                refusal = error
            await asyncio.sleep(pause)

    def _learn(self, field: str | None) -> bool:
        """Whether `field` is news. Of the two that bound the length, one is always kept."""
        if field is None or field in self._rejected or (self._rejected | {field}) >= _LENGTH_FIELDS:
            return False
        self._rejected |= {field}
        return True

    async def _next(self, chunks: AsyncIterator[AIMessageChunk], clock: _Clock) -> AIMessageChunk | None:
        async with asyncio.timeout(clock.left()) as limit:
            try:
                with wire.untraced():
                    chunk = await anext(chunks, None)
            except Exception:
                # A client may turn our cancellation into an error of its own.
                if limit.expired():
                    raise TimeoutError from None
                raise
        clock.begun = True
        return chunk

    def _explain(self, error: Exception, clock: _Clock) -> ModelError:
        if isinstance(error, TimeoutError):
            return ModelStalled(f"{self._here} {clock.complaint()}")
        return explain(error, model=self._settings.model, base_url=self._settings.base_url, begun=clock.begun)

    def _first_token(self, logprobs: Any) -> list[tuple[str, float]]:
        try:
            return [(item["token"], float(item["logprob"])) for item in logprobs["content"][0]["top_logprobs"]]
        except (TypeError, KeyError, IndexError, ValueError):  # none given, or in another shape: undecided
            return []

    @property
    def _here(self) -> str:
        return f"model {self._settings.model!r} at {self._settings.base_url}"


class _Clock:
    """Where one call stands in its patience."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._start = time.monotonic()
        self.begun = False
        self.finished = False
        self.first: float | None = None

    def hear(self) -> None:
        if self.first is None:
            self.first = self.elapsed()

    def note(self, finish_reason: object) -> None:
        self.finished = self.finished or bool(finish_reason)

    def elapsed(self) -> float:
        return time.monotonic() - self._start

    def left(self) -> float:
        """Seconds for the next step."""
        if self.finished:
            return _AFTER_FINISH
        if self.first is None:
            return max(0.0, min(self._patience.first, self._patience.whole) - self.elapsed())
        return max(0.0, min(self._patience.between, self._patience.whole - self.elapsed()))

    def complaint(self) -> str:
        if self.first is None:
            return f"sent no word within {self._patience.first:g} s: it may be loading, busy or reasoning; try again"
        if self.elapsed() >= self._patience.whole:
            return f"was still writing after {self._patience.whole:g} s: try again, or choose a faster model"
        return f"fell silent for {self._patience.between:g} s in mid-reply: look at the server's log, or try again"


def _last_call(usage: dict[str, Any], clock: _Clock) -> LastCall:
    return LastCall(
        prompt_tokens=usage.get("input_tokens"),
        cached_tokens=(usage.get("input_token_details") or {}).get("cache_read"),
        completion_tokens=usage.get("output_tokens"),
        first_s=clock.first,
        whole_s=clock.elapsed(),
    )
