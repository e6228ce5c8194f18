"""How one request leaves for a chat-completions server: HTTP client, and ChatOpenAI on top. No deadlines, no errors.

Measured reasons for the settings are in research/llm.md 1 and 6. The ones that surprise:
- ChatOpenAI moves to another API on the model's name alone, so `use_responses_api=False`; it renames `max_tokens` to
  `max_completion_tokens`, which Ollama and others ignore, so both are sent (not to OpenAI, which rejects the pair).
- Each call has a client of its own. Closing it is what cancels the request at the server, at once and surely; and no
  kept-alive connection goes stale or belongs to another event loop. It costs a millisecond, and a TLS handshake.
- Environment variables that would send traces to LangSmith, or OpenAI's headers to other servers, have no effect.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.models.port import Message
from agent.settings import ModelSettings

if TYPE_CHECKING:
    import httpx2
    from langchain_core.messages import AIMessageChunk

_OPENAI_HOST = "api.openai.com"
_OWN_HEADERS = frozenset(
    {"host", "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "user-agent"}
)


@dataclass(frozen=True)
class Ask:
    """What is asked for beside the messages. `listed` log-probabilities of the first token suppress thoughts."""

    max_tokens: int
    temperature: float
    listed: int = 0


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


@functools.cache
def prepare() -> ssl.SSLContext:
    """Loads client libraries, about 2 CPU-seconds the first time, and certificates. Blocks: call it in a thread."""
    import httpx2
    import langchain_openai  # noqa: F401

    return httpx2.create_ssl_context()


def client(settings: ModelSettings, *, connect: float, read: float) -> httpx2.AsyncClient:
    """To be closed after one request. Loopback never goes through a proxy; redirects are not followed, keys neither."""
    import httpx2

    loopback = is_loopback(settings.base_url)
    hooks = [] if urlsplit(settings.base_url).hostname == _OPENAI_HOST else [_headers_guard(settings)]
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(read, connect=connect),
        limits=httpx2.Limits(max_keepalive_connections=0),
        verify=prepare(),
        trust_env=not loopback,
        event_hooks={"request": hooks},
    )


def send(
    settings: ModelSettings, http: httpx2.AsyncClient, messages: Sequence[Message], ask: Ask, without: frozenset[str]
) -> AsyncIterator[AIMessageChunk]:
    """Nothing is sent before the first `anext`. `without`: fields of `failures.OPTIONAL` that the server rejects."""
    from langchain_openai import ChatOpenAI

    options: dict[str, Any] = {}
    if ask.listed and "logprobs" not in without:
        options = {"logprobs": True, "top_logprobs": ask.listed}
    model = ChatOpenAI(
        model=settings.model,
        base_url=settings.base_url,
        api_key=settings.api_key,
        http_async_client=http,
        timeout=tuple(http.timeout.as_dict().values()),  # as a Timeout it costs 19 ms: unhashable, so nothing is cached
        openai_proxy=None,  # from the environment it would clash with http_async_client
        use_responses_api=False,
        max_retries=0,
        stream_chunk_timeout=0,  # Endpoint keeps time
        stream_usage="stream_options" not in without,
        max_completion_tokens=None if "max_completion_tokens" in without else ask.max_tokens,
        temperature=None if "temperature" in without else ask.temperature,
        extra_body=_extra(settings, ask, without) or None,
    )
    return model.astream([(message.role, message.content) for message in messages], **options)


def untraced() -> AbstractContextManager[None]:
    """Around each step of a stream, whatever LANGSMITH_TRACING says: an interview is nobody else's to read."""
    from langsmith import tracing_context

    return tracing_context(enabled=False)


def _extra(settings: ModelSettings, ask: Ask, without: frozenset[str]) -> dict[str, Any]:
    if urlsplit(settings.base_url).hostname == _OPENAI_HOST:
        return {}
    extra: dict[str, Any] = {"max_tokens": ask.max_tokens}
    if ask.listed:
        extra["chat_template_kwargs"] = {"enable_thinking": False}  # llama.cpp, vLLM; else the first token is a thought
    return {field: value for field, value in extra.items() if field not in without}


def _headers_guard(settings: ModelSettings) -> Any:
    async def guard(request: httpx2.Request) -> None:
        """OPENAI_ORG_ID and OPENAI_CUSTOM_HEADERS would travel to any server, and may override the key."""
        for name in [name for name in request.headers if name.lower() not in _OWN_HEADERS]:
            del request.headers[name]
        request.headers["authorization"] = f"Bearer {settings.api_key.get_secret_value()}"

    return guard
