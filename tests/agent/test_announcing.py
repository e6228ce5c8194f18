"""Stages that an utterance names as the next, and those it only mentions."""

from __future__ import annotations

import pytest

from agent.announcing import announced, asks_for_stage, words_there
from agent.inbound import inbound
from knowledge.schema import StageId

GOES = {
    "For data I've got impressions, taps and tickets.": StageId.DATA,
    "Now the features, and that's where I think this is won.": StageId.FEATURES,
    "Features: the user, the item, and the two together.": StageId.FEATURES,
    "I'd frame it as ranking.": StageId.FRAME,
    "All right, the model, if we have to.": StageId.MODEL,
    "As for evaluation, I’d mostly look at slices.": StageId.EVALUATE,
    "On the serving side, then. Five million users a week.": StageId.SERVE,
    "And in operation I'd watch the inputs first.": StageId.MONITOR,
    "Let me start with the data.": StageId.DATA,
    "That brings me to monitoring.": StageId.MONITOR,
    "The labels are late. Let me sum up.": None,
    "The model is a boosted tree.": None,
    "So the model predicts clicks.": None,
    "In production I'd log the features.": None,
    "In summary, a two-stage ranker.": None,
    "For data quality reasons we drop the first week.": None,
    "": None,
}


@pytest.mark.parametrize(("text", "stage"), GOES.items())
def test_a_stage_is_announced_by_leading_words_and_not_by_a_mention(text: str, stage: StageId | None) -> None:
    assert announced(text) is stage


def test_the_last_stage_of_an_answer_is_where_it_went() -> None:
    assert announced("For data, we log views. Then the features: age, price. We crossed them.") is StageId.FEATURES


def test_words_count_from_the_last_announcement_on() -> None:
    assert words_there("For data, we log views. Then the features: age, price. We crossed them.") == 8
    assert words_there("Pipelines are what I know best.") == 0


@pytest.mark.parametrize(
    "text", ["Could we talk about serving?", "I'd like to go to serving now.", "Let's go on to serving"]
)
def test_a_stage_may_be_asked_for_by_its_name(text: str) -> None:
    flags = inbound(text)
    assert asks_for_stage(text)
    assert (flags.wants_next, flags.goes_to, flags.questions) == (True, StageId.SERVE, ())


def test_a_question_about_the_problem_asks_for_no_stage() -> None:
    flags = inbound("Can you talk about the data you have today?")
    assert not flags.wants_next
    assert flags.questions
