"""Models whose pace a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from agent.models.port import Message

SENTENCE = "Let me see whether I follow that. "


class GatedModel:
    """Says one sentence, then waits for `go`; asked for a judgement it waits for `judge`, and counts cancellations."""

    name = "gated"
    small = False
    local = False

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.judge = asyncio.Event()
        self.judging = 0
        self.cancelled = 0

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        yield SENTENCE
        await self.go.wait()
        yield "It is clear now. "

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        self.judging += 1
        try:
            await self.judge.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return 3.0
