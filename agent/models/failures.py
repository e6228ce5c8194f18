"""What went wrong in a model call, as one line for a user. Reads exceptions; raises none and calls nothing.

Nothing that a server wrote is ever quoted: servers echo keys into their errors. The original exception is not chained
either, since it holds the server's words and the request's headers.
"""

from __future__ import annotations

import re

from agent.errors import ModelError, ModelGarbled, ModelRefused, ModelStalled, ModelUnreachable

_OVERFLOW = re.compile(
    r"context.?(length|window|size)|exceed_context|prompt is too long|maximum context", re.IGNORECASE
)
# Fields that make a call better, not possible. Servers and models differ in which they reject.
OPTIONAL = re.compile(
    r"\b(temperature|stream_options|max_tokens|max_completion_tokens|chat_template_kwargs|logprobs|top_logprobs)\b"
)

_REFUSALS = {
    401: "refuses the key (401): check HOTSEAT_API_KEY",
    403: "refuses the key (403): check HOTSEAT_API_KEY",
    404: "is not found (404): check HOTSEAT_MODEL, and that HOTSEAT_BASE_URL names the API, mostly ending in /v1",
    429: "takes no more requests for now (429): wait, check your quota there, or choose another model",
}


def explain(error: BaseException, *, model: str, base_url: str, begun: bool) -> ModelError:
    """`begun`: whether the server had already answered with success; then a broken connection is a broken-off reply."""
    import httpx2
    import openai

    here = f"model {model!r} at {base_url}"
    if isinstance(error, ModelError):
        return error
    if isinstance(error, openai.APIStatusError):
        return ModelRefused(f"{here} {_refusal(error.status_code, _body(error))}")
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
        if begun:
            return ModelStalled(f"{here} broke off in mid-reply: look at the server's log, or try again")
        return ModelUnreachable(f"nothing answers for {here}: is the server running? check HOTSEAT_BASE_URL")
    if isinstance(error, openai.APIError):  # an error object within a stream that had begun well
        return ModelStalled(f"{here} reported a fault of its own in mid-reply: look at the server's log, or try again")
    return ModelGarbled(
        f"{here} does not answer as a chat-completions API does ({type(error).__name__}):"
        " check that HOTSEAT_BASE_URL names one, mostly ending in /v1"
    )


def rejected_field(error: BaseException) -> str | None:
    """Which of OPTIONAL a server says that it does not take; the call may be repeated without it."""
    import openai

    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 403, 422):
        return None
    body = _body(error)
    if _OVERFLOW.search(body):  # those texts speak of max_tokens as well
        return None
    named = OPTIONAL.search(getattr(error, "param", None) or "") or OPTIONAL.search(body)
    return named.group().removeprefix("top_") if named else None


def retry_after(error: BaseException) -> float | None:
    """Seconds after which one more try makes sense; None if it does not."""
    import openai

    if isinstance(error, openai.APIConnectionError):
        return 0.5
    if not isinstance(error, openai.APIStatusError) or (error.status_code != 429 and error.status_code < 500):
        return None
    try:
        return max(0.5, float(error.response.headers.get("retry-after", "")))
    except ValueError:  # absent, or a date
        return 0.5


def _refusal(status: int, body: str) -> str:
    if _OVERFLOW.search(body):
        return f"has too small a context window for this interview ({status}): raise it in the server's settings"
    if status >= 500:
        return f"fails ({status}): look at the server's log, or try again"
    if status < 400:
        return f"has moved ({status}): correct HOTSEAT_BASE_URL"
    return _REFUSALS.get(status, f"rejects the request ({status}): `hotseat model doctor` shows what it can do")


def _body(error: BaseException) -> str:
    return f"{getattr(error, 'body', None) or ''} {error}"
