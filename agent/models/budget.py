"""How many tokens a text has, and which messages fit into a model's window. Reads the shipped ranks once; no network.

tiktoken itself downloads its ranks and fails offline; here the same `tiktoken.Encoding` is built from `ranks/`.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Literal

from agent.errors import ModelRefused, UsageError
from agent.models.port import Message

if TYPE_CHECKING:
    import tiktoken

EncodingName = Literal["o200k_base", "cl100k_base"]

MESSAGE_TOKENS = 5
"""Chat templates add about this many per message: `<|im_start|>user\\n` and `<|im_end|>\\n` are five in Qwen's."""
REPLY_TOKENS = 3
"""and these to open the reply"""
MARGIN = 1.05
"""Other tokenizers differ: Qwen's gave up to 3.2 % more than o200k_base on our notes, code and answers"""
DROPPED_AT_ONCE = 4
"""exchanges: the prefix that a server has cached stays the same for as many turns (12.96 against 2.05 s to the first
token without and with it, research/llm.md 2)"""

# From tiktoken_ext/openai_public.py of tiktoken 0.14.0 (MIT): hash of the ranks, pattern, special tokens.
_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_SPECS: dict[EncodingName, tuple[str, str, dict[str, int]]] = {
    "o200k_base": (
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "|".join(
            [
                r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + _CONTRACTION,
                r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + _CONTRACTION,
                r"\p{N}{1,3}",
                r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
                r"\s*[\r\n]+",
                r"\s+(?!\S)",
                r"\s+",
            ]
        ),
        {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    ),
    "cl100k_base": (
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        {
            "<|endoftext|>": 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
}


def count(text: str, name: EncodingName = "o200k_base") -> int:
    """Tokens of `text`, in which nothing is a special token. The first call loads the ranks, about .3 CPU-seconds."""
    return len(encoding(name).encode(text, disallowed_special=()))


def pack(
    messages: Sequence[Message],
    *,
    window: int,
    reply: int,
    summary: str,
    count: Callable[[str], int] = count,
) -> list[Message]:
    """The messages that leave room for `reply` tokens in a window of `window`, oldest exchanges left out first.

    Kept whatever happens: the system message, the first exchange (the brief) and the last user message. Where exchanges
    were left out, the next user message begins with `summary`, on a line of its own: a message for it would break the
    alternation of roles that some chat templates insist on. Raises ModelRefused where even that does not fit.
    """
    system, exchanges = _exchanges(messages)
    droppable = max(0, len(exchanges) - 2)
    for dropped in [*range(0, droppable, DROPPED_AT_ONCE), droppable]:
        packed = system + _without(exchanges, dropped, summary)
        prompt = REPLY_TOKENS + sum(MESSAGE_TOKENS + count(message.content) for message in packed)
        if MARGIN * prompt + reply <= window:
            return packed
    raise ModelRefused(f"the last answer alone is too long for the model's window of {window} tokens")


@functools.cache
def encoding(name: EncodingName) -> tiktoken.Encoding:
    """Raises UsageError where the installed ranks are damaged."""
    import tiktoken

    digest, pattern, special = _SPECS[name]
    return tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=_ranks(name, digest), special_tokens=special)


def _ranks(name: str, digest: str) -> dict[bytes, int]:
    packed = resources.files("agent.models").joinpath("ranks", f"{name}.tiktoken.gz").read_bytes()
    try:
        text = gzip.decompress(packed)
    except (OSError, EOFError) as error:
        raise UsageError(f"the token ranks {name} are damaged ({error}): install hotseat again") from error
    if hashlib.sha256(text).hexdigest() != digest:
        raise UsageError(f"the token ranks {name} are not those of OpenAI: install hotseat again")
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in text.splitlines())}


def _exchanges(messages: Sequence[Message]) -> tuple[list[Message], list[list[Message]]]:
    """(what precedes the first user message, one list per user message with what answers it)"""
    starts = [at for at, message in enumerate(messages) if message.role == "user"]
    if not starts:
        return list(messages), []
    ends = [*starts[1:], len(messages)]
    return list(messages[: starts[0]]), [list(messages[a:b]) for a, b in zip(starts, ends, strict=True)]


def _without(exchanges: Sequence[list[Message]], dropped: int, summary: str) -> list[Message]:
    kept = [*exchanges[:1], *exchanges[1 + dropped :]]
    if dropped:
        (user, *answers) = kept[1]
        kept[1] = [replace(user, content=f"{summary}\n\n{user.content}"), *answers]
    return [message for exchange in kept for message in exchange]
