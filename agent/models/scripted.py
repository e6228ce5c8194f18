"""A model that replays what it is given. Product code: tests, demos and evals run on it. No network, no clock."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence

from agent.errors import ModelError, ModelGarbled
from agent.models.port import Message

Reply = str | ModelError | tuple[str | ModelError, ...]
"""A text, streamed word by word; a failure before the first word; or pieces as given, among them a failure midway."""


class Scripted:
    """Implements `port.Model`. Each call takes the next reply, or the next log-odds.

    No reply left is a ModelError; no log-odds left is None, as from an endpoint that gives none.

    `asked` keeps the messages of every call, oldest first, for whoever wants to look at the prompts.
    """

    def __init__(
        self,
        replies: Iterable[Reply] = (),
        *,
        log_odds: Iterable[float | ModelError | None] = (),
        name: str = "scripted",
        small: bool = False,
        local: bool = False,
    ) -> None:
        self.asked: list[list[Message]] = []
        self._replies = deque(replies)
        self._log_odds = deque(log_odds)
        self._name = name
        self._small = small
        self._local = local

    @property
    def name(self) -> str:
        return self._name

    @property
    def small(self) -> bool:
        return self._small

    @property
    def local(self) -> bool:
        return self._local

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """`max_tokens` is not applied: the script is what the model says."""
        self.asked.append(list(messages))
        if not self._replies:
            raise ModelGarbled(f"the script has no reply for call {len(self.asked)}: add one")
        for piece in _pieces(self._replies.popleft()):
            if isinstance(piece, ModelError):
                raise piece
            yield piece

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        self.asked.append(list(messages))
        odds = self._log_odds.popleft() if self._log_odds else None
        if isinstance(odds, ModelError):
            raise odds
        return odds


def _pieces(reply: Reply) -> Iterable[str | ModelError]:
    """The words of a text keep the blanks behind them: joined they are the text."""
    if isinstance(reply, str):
        return re.findall(r"\s*\S+\s*", reply) or [reply]
    return (reply,) if isinstance(reply, ModelError) else reply
