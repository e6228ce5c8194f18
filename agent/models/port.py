"""What the interviewer needs from a model: three things, no vendor. Values and protocols only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


class Model(Protocol):
    """A text generator behind the chat-completions API, or a script that stands in for one.

    `small` models are given the authored question as the reply and phrase at most an acknowledgement.
    Every method raises `ModelError` and nothing else.
    """

    @property
    def name(self) -> str: ...

    @property
    def small(self) -> bool: ...

    @property
    def local(self) -> bool:
        """Whether the model runs on this machine, so that a call costs time and nothing else."""
        ...

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncIterator[str]:
        """Pieces of the reply as they arrive, without reasoning. Closing the iterator cancels the request."""
        ...

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        """ln P(yes)/P(no) of the first token after `messages`; None where the endpoint gives no log-probabilities
        (then: +inf or -inf is never invented; the caller treats None as undecided)."""
        ...
