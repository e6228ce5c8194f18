"""The replaying model keeps to the port and to its script."""

from __future__ import annotations

import pytest

from agent.errors import ModelError, ModelGarbled, ModelStalled
from agent.models.port import Message, Model
from agent.models.scripted import Scripted

ASKED = [Message("user", "I would use clicks.")]


async def reply(model: Model) -> list[str]:
    return [piece async for piece in model.stream(ASKED, max_tokens=5)]


@pytest.mark.parametrize("text", ["Why clicks?", " two\n\nlines ", "", " "])
async def test_a_text_arrives_word_by_word_and_unchanged(text: str) -> None:
    pieces = await reply(Scripted([text]))
    assert "".join(pieces) == text
    assert len(pieces) == max(1, len(text.split()))


async def test_replies_come_in_order_and_prompts_are_kept() -> None:
    model = Scripted(["One?", "Two?"], name="demo", small=True)
    assert [await reply(model), await reply(model)] == [["One?"], ["Two?"]]
    assert model.asked == [ASKED, ASKED]
    assert (model.name, model.small) == ("demo", True)


async def test_failures_come_on_cue() -> None:
    model = Scripted([ModelStalled("silent"), ("How ", ModelGarbled("broken")), "Well?"])
    with pytest.raises(ModelStalled):
        await reply(model)
    broken = model.stream(ASKED, max_tokens=5)
    assert await anext(broken) == "How "
    with pytest.raises(ModelGarbled):
        await anext(broken)
    assert await reply(model) == ["Well?"]


async def test_an_empty_script_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="no reply for call 1"):
        await reply(Scripted())


async def test_log_odds_come_in_order_and_then_undecided() -> None:
    model = Scripted(log_odds=[1.5, None, ModelStalled("silent")])
    assert [await model.yes_log_odds(ASKED), await model.yes_log_odds(ASKED)] == [1.5, None]
    with pytest.raises(ModelStalled):
        await model.yes_log_odds(ASKED)
    assert await model.yes_log_odds(ASKED) is None
