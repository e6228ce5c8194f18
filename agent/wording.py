"""Turns a move into the interviewer's words: authored, acknowledged by a small model, or worded by a larger one. I/O.

Whatever a model writes passes `outbound`; whatever it leaves out, the authored words complete.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Literal

from agent import phrasing
from agent.errors import ModelError, ModelStalled
from agent.events import Move
from agent.models.budget import pack
from agent.models.port import Message, Model
from agent.outbound import ACKNOWLEDGEMENT_WORDS, Limits, forbidden_runs, outbound
from agent.reader import Reader
from agent.reply import composed, word_count
from agent.view import View
from knowledge.cues import sentences
from knowledge.schema import Stage, StageId
from prompts import load

SAME_QUESTION = 0.45
"""Cosine above which a model's question counts as the authored one in other words."""
ABOUT_THE_ANSWER = 0.55
"""Cosine with the nearest sentence of the answer from which an acknowledgement is about it."""
ACKNOWLEDGED_WITHIN_S = 8.0
"""A candidate waits this long for a sentence that is only courtesy; the authored question follows without it."""
REST_S = 60.0
"""After a failure the model is left alone this long, so that one slow server does not slow every turn."""
LOCAL_WINDOW, WINDOW = 8_192, 32_768
"""Tokens that a prompt and its reply may take. A whole interview is about 10,000; a slot of our server has 8,192."""


@dataclass
class Words:
    """What became of one reply."""

    text: str = ""
    source: Literal["plain", "model"] = "plain"
    prompts: dict[str, str] = field(default_factory=dict)
    first_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    failures: list[tuple[Literal["reply", "retrieval"], str]] = field(default_factory=list)


class Wording:
    """Says moves. Without a model every move is said in its authored words."""

    def __init__(
        self,
        stages: dict[StageId, Stage],
        model: Model | None,
        reader: Reader | None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._stages = stages
        self._model = model
        self._reader = reader
        self._clock = clock
        self._rest_until = 0.0

    def _asks_model(self, view: View, move: Move) -> bool:
        """Whether a model is asked: there is one, it did not just fail, and the move may be worded.

        What quotes the board is said as written: a label would come to stand in the director's note.
        """
        rested = self._clock() >= self._rest_until
        worded = move.kind in phrasing.WORDED and move.drawn is None
        return self._model is not None and rested and worded and bool(view.latest.text.strip())

    async def say(self, view: View, move: Move, words: Words) -> AsyncIterator[str]:
        """Yields the growing reply and leaves the whole of it in `words`."""
        plain = phrasing.plain(move, view, self._stages)
        words.text = plain
        if not self._asks_model(view, move):
            yield plain
            return
        assert self._model is not None
        with_model = self._acknowledged if self._model.small else self._reworded
        try:
            async for shown in with_model(self._model, view, move, plain, words):
                words.text = shown
                yield shown
        except Exception as error:  # a model must never stop a turn, whatever it raises
            self._rest_until = self._clock() + REST_S
            words.failures.append(("reply", _told(error)))
            words.text = _finished(words.text, plain)
            yield words.text
        if (last := getattr(self._model, "last", None)) is not None:
            words.prompt_tokens, words.completion_tokens = last.prompt_tokens, last.completion_tokens

    async def prime(self, view: View) -> None:
        """Lets a local server read the conversation so far, so that the next reply waits for the answer's words only.

        Costs seconds of the candidate's reading time; nothing is shown, a failure is nobody's business.
        """
        model = self._model
        if model is None or model.small or not model.local or self._clock() < self._rest_until:
            return
        with contextlib.suppress(ModelError):
            async for _ in self._admitted(model, await self._packed(model, view, "", 1), Limits(), 1):
                pass

    async def _acknowledged(self, model: Model, view: View, move: Move, plain: str, words: Words) -> AsyncIterator[str]:
        """For small models: one neutral sentence of theirs where it fits, then the authored words."""
        prompt = load("acknowledge")
        limits = self._limits(view, words=ACKNOWLEDGEMENT_WORDS, questions=0)
        words.text = ""
        said = ""
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
                conversation = phrasing.last_exchange(view, prompt.render(), load("interviewer"))
                async for text, done in self._admitted(model, conversation, limits, 48):
                    said = text
                    if done or text:
                        break
        except TimeoutError:
            raise ModelStalled(f"{model.name} said nothing within {ACKNOWLEDGED_WITHIN_S:g} s") from None
        whole = composed((said, ""), (plain,)) if self._acknowledges(said, view) else plain
        if whole != plain:
            words.source = "model"
            words.prompts = {prompt.name: prompt.hash, "interviewer": load("interviewer").hash}
        yield whole

    def _acknowledges(self, said: str, view: View) -> bool:
        """Whether a sentence is about the latest answer. Small models repeat themselves and recall old answers."""
        if not said or any(said in turn.text for turn in view.turns if turn.who == "interviewer"):
            return False
        try:
            near = self._reader.nearest(said, sentences(view.latest.text)) if self._reader else 0.0
        except Exception:  # recorded where the answer was read
            return False
        return near >= ABOUT_THE_ANSWER

    async def _reworded(self, model: Model, view: View, move: Move, plain: str, words: Words) -> AsyncIterator[str]:
        """For larger models: their wording of the move, as long as it asks the authored question."""
        prompt = load("ask")
        wanted = phrasing.question(move, view, self._stages)
        words.text = ""
        said = ""
        conversation = await self._packed(model, view, prompt.render(question=wanted), 90)
        limits = self._limits(view, authored=word_count(plain))
        async for text, _done in self._admitted(model, conversation, limits, 90):
            if "?" in text and not self._asks(text, wanted):
                break
            said = text
            if said:
                words.source = "model"
                words.prompts = {prompt.name: prompt.hash, "interviewer": load("interviewer").hash}
                yield said
        if "?" not in said:
            yield composed((said,), (plain,))

    async def _admitted(
        self, model: Model, conversation: list[Message], limits: Limits, tokens: int
    ) -> AsyncIterator[tuple[str, bool]]:
        """The admissible beginning of the model's reply as it grows, and whether it can grow no more."""
        buffer = shown = ""
        stream = model.stream(conversation, max_tokens=tokens)
        async with contextlib.aclosing(stream) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                buffer += piece
                verdict = outbound(buffer, limits)
                if verdict.text != shown:
                    shown = verdict.text
                    yield shown, False
                if verdict.cut:
                    break
        yield outbound(buffer + " ", limits).text, True

    async def _packed(self, model: Model, view: View, note: str, tokens: int) -> list[Message]:
        """The whole conversation as far as it fits."""
        conversation = phrasing.messages(view, note, load("interviewer"))
        summary = phrasing.left_out(view)
        window = LOCAL_WINDOW if model.local else WINDOW
        return await asyncio.to_thread(pack, conversation, window=window, reply=tokens, summary=summary)

    def _limits(self, view: View, **limits: int) -> Limits:
        unshown = tuple(p.statement for p in view.problem.points if p.id not in view.shown)
        said = tuple(turn.text for turn in view.turns)
        return Limits(forbidden=forbidden_runs(unshown, said), **limits)

    def _asks(self, text: str, wanted: str) -> bool:
        """Whether the first question of `text` is `wanted` in other words; not where no reader can tell."""
        asked = text[: text.index("?") + 1].rsplit(". ", maxsplit=1)[-1]
        try:
            return self._reader is not None and self._reader.closeness(asked, wanted) >= SAME_QUESTION
        except Exception:  # recorded where the answer was read
            return False


def _told(error: Exception) -> str:
    """What a user is told: our own errors speak for themselves, others are named."""
    return str(error) if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"


def _finished(begun: str, plain: str) -> str:
    """A reply that a model left unfinished, completed in plain words. What was shown is not taken back."""
    return begun if "?" in begun else composed((begun,), (plain,))
