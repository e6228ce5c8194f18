"""`hotseat web` with a model that takes its time: `python -m tests.ui.slow_server web --port N --no-browser`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence

from agent.models.port import Message

SENTENCES = (
    "I follow you up to this point.",
    "You have named a first version.",
    "You have said what it is for.",
)
PAUSE = 0.2


class SlowModel:
    """Speaks one word after another, always the same sentences, and judges nothing."""

    name = "slow"
    small = False
    local = False

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        for word in " ".join(SENTENCES).split():
            await asyncio.sleep(PAUSE)
            yield f"{word} "

    async def yes_log_odds(self, messages: Sequence[Message]) -> float | None:
        return None


def main() -> None:
    import ui.assembly
    from ui.web.server import listen, serve

    ui.assembly.model_of = lambda settings: SlowModel()
    serve(ui.assembly.assemble(), listen("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), browser=False)


if __name__ == "__main__":
    main()
