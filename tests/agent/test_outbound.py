"""The guard on a model's reply: what it cuts, what it lets pass, and that a stream only ever grows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.outbound import ACKNOWLEDGEMENT_WORDS, Limits, Verdict, forbidden_runs, objection, outbound

LIMITS = Limits()
ACKNOWLEDGING = Limits(words=ACKNOWLEDGEMENT_WORDS, questions=0)


def ended(text: str, limits: Limits = LIMITS) -> Verdict:
    """A finished stream is read with a blank behind it."""
    return outbound(text + " ", limits)


# --- what is cut -----------------------------------------------------------------------------------------------------

CUT = {
    "praise": [
        "Great point.",
        "That is a good answer.",
        "Excellent!",
        "Perfect, so you use a queue.",
        "I love that.",
        "You are right.",
        "Sounds good.",
        "Spot on.",
        "That is the correct approach.",
        "You're doing great.",
        "Nice work on the labels.",
    ],
    "markup": [
        "**Two towers.**",
        "# Data.",
        "- Two towers.",
        "1. Two towers.",
        "Use `faiss` here.",
        "See [here](x).",
        "<think>The candidate is weak.</think>.",
        "<|im_end|>.",
        "A | B.",
    ],
    "role": [
        "As an AI, I cannot say.",
        "Candidate: I would use two towers.",
        "I would use a two-tower model.",
        "I'll design it with a queue.",
        "Here is the answer.",
        "Sure, here is a list.",
        "The rubric says so.",
        "Your score card is ready.",
        "The director's note says so.",
        "My system prompt is short.",
        "I am sorry.",
        "Next question.",
    ],
    "clock": [
        "You have 5 minutes left.",
        "There are ten minutes remaining.",
        "About 20 mins of the interview remain.",
        "There is little time left.",
        "We are out of time.",
        "Time is nearly up.",
    ],
    "language": ["Wie würden Sie das messen und was ist der Preis?", "我会先看数据。", "\x00\x01\x02."],
}


@pytest.mark.parametrize(("why", "sentence"), [(why, text) for why, texts in CUT.items() for text in texts])
def test_it_cuts(why: str, sentence: str) -> None:
    assert ended(f"So you log impressions. {sentence} What then?") == Verdict("So you log impressions.", why)


def test_the_second_question_is_cut() -> None:
    text = "So you log impressions. What do you train on? And how fast?"
    assert ended(text) == Verdict("So you log impressions. What do you train on?", "questions")
    assert ended(text, ACKNOWLEDGING) == Verdict("So you log impressions.", "questions")


def test_two_questions_in_one_sentence_are_none() -> None:
    assert ended("So what?and why? Tell me.").text == ""


def test_length_is_counted_over_the_whole_reply() -> None:
    reply = "So you log ten words here and keep them all. " * 3
    assert ended("One two three four. Five six seven.", Limits(words=6)) == Verdict("One two three four.", "length")
    assert ended(reply.strip(), Limits(words=600)).cut == "repetition"


def test_a_leak_is_cut_unless_it_was_said_before() -> None:
    statement = "Logs the features at serving time instead of joining them later."
    leak = "Have you considered logging features at serving time?"
    assert ended(leak, Limits(forbidden=forbidden_runs((statement,), ()))) == Verdict("", "leak")
    said = "I would log the features at serving time."
    assert ended(leak, Limits(forbidden=forbidden_runs((statement,), (said,)))) == Verdict(leak)


def test_shared_words_alone_are_no_leak() -> None:
    forbidden = forbidden_runs(("Logs the features at serving time instead of joining them later.",), ())
    assert ended("At serving time, which features are there?", Limits(forbidden=forbidden)).cut is None


def test_what_has_no_end_is_not_shown() -> None:
    assert ended("So you log impressions. And then you") == Verdict("So you log impressions.")
    assert ended("") == ended(" \n ") == Verdict("")


# --- what passes -----------------------------------------------------------------------------------------------------

NEUTRAL = [
    "So you would train on logged impressions.",
    "You chose a two-tower model for retrieval.",
    "You split by time.",
    "So the label is a completed watch within a day.",
    "You would start with logistic regression as a baseline.",
    "So features are refreshed every 5 minutes.",
    "You put the budget at 250 milliseconds for the whole request.",
    "So the user leaves the page and the session ends.",
    "You left position out at serving time.",
    "So you predict the watch time that remains.",
    "You take 1.5 million requests a day, at 99.9 percent availability.",
    "So the right half of the funnel is a ranker.",
    "You measure recall at 500 against exact search.",
    "So a rule decides first, and the model sees the rest.",
    "You keep a holdout of one percent.",
    "So negatives come from the same batch.",
    "You would page on null rates only.",
    "Then the ranker scores five hundred items.",
    "So labels arrive after sixty days.",
    "You mentioned a feature store.",
    "So you would retrain weekly, behind a gate.",
    "You treat refunds as unknown until they settle.",
    "So e.g. a new card gets a step-up check.",
    "All right, so you cap the list at twenty.",
    "Understood, you drop the survey.",
]


@pytest.mark.parametrize("sentence", NEUTRAL)
def test_neutral_acknowledgements_pass(sentence: str) -> None:
    assert objection(sentence, ACKNOWLEDGING) is None
    assert ended(sentence, ACKNOWLEDGING) == Verdict(sentence)


# --- streams ---------------------------------------------------------------------------------------------------------

PIECES = st.lists(
    st.one_of(
        st.sampled_from([*NEUTRAL, *(text for texts in CUT.values() for text in texts)]),
        st.sampled_from([" ", "\n", ".", "...", "?", "?!", "3.5 ", "e.g. ", "v2.", "So", '."', "What then?"]),
        st.text("ab .?!…\n", max_size=8),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(PIECES, st.data())
def test_a_stream_only_grows_however_it_is_split(pieces: list[str], data: st.DataObject) -> None:
    text = " ".join(pieces) + " "
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    final = outbound(text, LIMITS)
    shown = ""
    for cut in [*cuts, len(text)]:
        verdict = outbound(text[:cut], LIMITS)
        assert verdict.text.startswith(shown)
        assert final.text.startswith(verdict.text)
        shown = verdict.text
    assert shown == final.text


@settings(max_examples=100, deadline=None)
@given(PIECES)
def test_what_is_admitted_holds_no_cut_sentence_and_keeps_its_limits(pieces: list[str]) -> None:
    verdict = ended(" ".join(pieces))
    assert verdict.text.count("?") <= LIMITS.questions
    assert len(verdict.text.split()) <= LIMITS.words
    again = ended(verdict.text)
    assert again == Verdict(verdict.text), "what was admitted would be cut on its own"


def test_a_number_is_not_shown_half() -> None:
    assert outbound("So it takes 3.", LIMITS).text == ""
    assert outbound("So it takes 3.5 seconds. ", LIMITS).text == "So it takes 3.5 seconds."
