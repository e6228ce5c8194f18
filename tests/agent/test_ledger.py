"""What goes on record, and which entries cannot both hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conflicts import Conflict, ConflictKind, conflicts, count, duration
from agent.ledger import Entry, Kind, entries

RECORDED = [
    ("Our p99 budget is 150 ms.", Kind.BUDGET, 0.15, ""),
    ("We answer within fifty milliseconds end to end.", Kind.BUDGET, 0.05, ""),
    ("Retrieval takes about 20 ms.", Kind.PART, 0.02, "retrieval"),
    ("The ranker takes thirty milliseconds.", Kind.PART, 0.03, "ranking"),
    ("That is 10 million searches a day.", Kind.DAILY, 10e6, "searches"),
    ("I plan for 2k QPS.", Kind.RATE, 2_000, "requests"),
    ("So roughly one thousand two hundred requests per second.", Kind.RATE, 1_200, "requests"),
    ("The ranker scores 1,000 candidates.", Kind.SCORED, 1_000, ""),
    ("We rank five hundred items per request.", Kind.SCORED, 500, ""),
    ("The latency budget is a couple of hundred milliseconds.", Kind.BUDGET, 0.2, ""),
    ("Chargebacks arrive up to 60 days later.", Kind.LABEL_DELAY, 60 * 86_400, ""),
    ("We train on the last two weeks.", Kind.TRAINING_WINDOW, 14 * 86_400, ""),
    ("I split by time, the last week is the test.", Kind.SPLIT, 0, "by time"),
    ("Then a random split, eighty to twenty.", Kind.SPLIT, 0, "random"),
    ("The primary metric is watch time per session.", Kind.PRIMARY_METRIC, 0, "watch time"),
    ("I assume 20 million daily active users.", Kind.USERS, 20e6, "users"),
    ("We have about 300k drivers a month.", Kind.USERS, 300_000, "drivers"),
    ("So 5 million DAU in all.", Kind.USERS, 5e6, "users"),
    ("About 0.1 % of payments are fraudulent.", Kind.BASE_RATE, 0.001, "fraud"),
    ("The base rate is roughly one percent.", Kind.BASE_RATE, 0.01, ""),
    ("Our click-through rate is 2%.", Kind.BASE_RATE, 0.02, "click-through rate"),
    ("The model is a gradient-boosted tree ensemble.", Kind.MODEL, 0, "trees"),
    ("Our ranker will be a logistic regression.", Kind.MODEL, 0, "a linear model"),
]


@pytest.mark.parametrize(("said", "kind", "value", "of"), RECORDED)
def test_what_is_stated_goes_on_record_with_its_sentence(said: str, kind: Kind, value: float, of: str) -> None:
    found = [entry for entry in entries(3, said) if entry.kind is kind]
    assert [(e.turn, e.value, e.of, e.quote) for e in found] == [(3, pytest.approx(value), of, said)]


NOT_RECORDED = [
    "The latency budget is a few hundred milliseconds.",
    "The ranker scores hundreds of candidates.",
    "Is the p99 budget 150 ms?",
    "Suppose we had a budget of 20 ms end to end.",
    "I would not use a random split.",
    "We retrain every 24 hours.",
    "A random split would leak the future.",
    "We want 99.9 percent as the floor.",
    "It is 3 am and someone is paged.",
    "The holdout has 5,000 users.",
    "Precision is at 90 % and recall falls to 1 %.",
    "The click-through rate is 3 % higher in the test.",
    "Fraud is 2 % among new accounts after downsampling.",
    "The model is easy to serve.",
    "The model is trained with an lr of 0.001.",
    "The model is fed with BERT embeddings.",
    "The classifier is better than the LLM here.",
    "In the second stage the model is a gradient-boosted tree.",
    "The false positive rate is 5 %.",
    "I balance the batches so that positives are 20 % of each.",
    "The base rate is not 10 %.",
    "If the base rate is 1 %, accuracy says nothing.",
    "About 30 % of reported listings are spam.",
    "In the experiment I expose 200 thousand daily users.",
    "In three years 50 million daily active users.",
    "One GPU handles 200 QPS.",
    "Each replica does about 300 requests per second, so I need eight.",
    "Streaming features are refreshed within 10 seconds.",
    "We are running out of time, so serving in short.",
    "For the A/B test I'd do a random split of users.",
    "The model has 12 layers and 110 million parameters.",
]


@pytest.mark.parametrize("said", NOT_RECORDED)
def test_questions_suppositions_and_rejections_are_no_record(said: str) -> None:
    assert entries(1, said) == ()


def on_record(*turns: str) -> list[Conflict]:
    return list(conflicts([entry for n, said in enumerate(turns, 1) for entry in entries(2 * n, said)]))


CONFLICTS = [
    (
        ("The latency budget is 100 ms.", "Retrieval takes 40 ms and then the ranker takes 80 ms."),
        ConflictKind.PARTS_EXCEED_BUDGET,
        "40 ms plus 80 ms make 120 ms, against 100 ms",
    ),
    (
        ("We see 100 million queries a day.", "So 500 QPS is what I size for."),
        ConflictKind.RATE_BELOW_AVERAGE,
        "100 million a day are 1,157 a second on average, before any peak",
    ),
    (
        ("The budget is 50 ms.", "Then we score 1,000 candidates."),
        ConflictKind.TIGHT_PER_ITEM,
        "1,000 candidates in 50 ms leaves 50 µs each",
    ),
    (
        ("Labels arrive after 60 days.", "I train on the last 7 days."),
        ConflictKind.LABELS_TOO_YOUNG,
        "labels take 60 days and you train on the last 7 days",
    ),
    (
        ("Our p99 is 50 ms.", "The latency budget is 300 ms."),
        ConflictKind.RESTATED,
        "50 ms and 300 ms",
    ),
    (
        ("We have 20 million daily users.", "So for 2 million daily users the bill is small."),
        ConflictKind.RESTATED,
        "20 million and 2 million",
    ),
    (("About 0.1 % of payments are fraud.", "The base rate is 1 %."), ConflictKind.RESTATED, "0.1 % and 1 %"),
    (("My model is a logistic regression.", "The model is a transformer."), ConflictKind.CHOSEN_ANEW, ""),
    (("I would do a random split.", "The test is a time-based split of course."), ConflictKind.CHOSEN_ANEW, ""),
    (("The primary metric is clicks.", "So our main metric is watch time."), ConflictKind.CHOSEN_ANEW, ""),
]


@pytest.mark.parametrize(("turns", "kind", "arithmetic"), CONFLICTS)
def test_what_cannot_both_hold_is_found_with_both_quotes(
    turns: tuple[str, str], kind: ConflictKind, arithmetic: str
) -> None:
    (found,) = on_record(*turns)
    assert (found.kind, found.sum) == (kind, arithmetic)
    assert (found.earlier.quote, found.later.quote) == turns


FINE = [
    ("The latency budget is 100 ms.", "Retrieval takes 40 ms and then the ranker takes 50 ms."),
    ("We see 100 million queries a day.", "So 3,000 QPS at peak."),
    ("We get 1.2 million orders a day.", "About 5 predictions a second come from dispatch."),
    ("The budget is 50 ms.", "We score 200 million videos overnight."),
    ("The budget is 150 ms.", "We score 500 candidates."),
    ("Our p99 is 50 ms.", "Actually, let me change that, the latency budget is 300 ms."),
    ("I would do a random split.", "On second thought I split by time."),
    ("Labels arrive after 60 days.", "I train on the last 90 days."),
    ("Labels arrive after 60 days.", "I train on the last 7 days of matured labels."),
    ("The primary metric is watch time per user.", "Our primary metric is watch time."),
    ("We retrain every 24 hours.", "Retrieval takes 20 ms."),
    ("The main offline metric is NDCG at 10.", "The main online metric is watch time per session."),
    ("p95 is 80 ms.", "p99 is 200 ms."),
    ("Spam is 5 % of messages.", "About 0.1 % of payments are fraudulent."),
    ("There are 2 million riders a day.", "And about 100k drivers a day."),
    ("The model is a gradient-boosted tree.", "The ranker is a transformer."),
    ("Our p99 is 50 ms.", "I was wrong about that. The latency budget is 300 ms."),
]


@pytest.mark.parametrize("turns", FINE)
def test_what_fits_or_was_taken_back_is_no_conflict(turns: tuple[str, str]) -> None:
    assert on_record(*turns) == []


def test_what_is_taken_back_later_is_no_conflict_any_more() -> None:
    back = "Actually I take that back, the latency budget is 50 ms."
    assert on_record("Our p99 is 50 ms.", "The latency budget is 300 ms.", back) == []


def test_one_sentence_of_alternatives_is_no_change_of_mind() -> None:
    assert on_record("A random split or a time-based split, I'd go for the latter.") == []


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_every_quote_is_verbatim(text: str) -> None:
    assert all(entry.quote in text for entry in entries(1, text))


@given(st.lists(st.builds(Entry, st.integers(1, 9), st.sampled_from(Kind), st.just("x"), st.floats(1e-3, 1e9))))
def test_any_record_can_be_checked(made: list[Entry]) -> None:
    made = sorted(made, key=lambda entry: entry.turn)
    assert all(one.earlier.turn <= one.later.turn for one in conflicts(made))


@pytest.mark.parametrize(
    ("seconds", "words"), [(5e-5, "50 µs"), (0.15, "150 ms"), (2, "2 s"), (1e-3, "1 ms"), (2.5e-8, "25 ns")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("number", "words"), [(1_000, "1,000"), (1.2e6, "1.2 million"), (2e9, "2 billion"), (4, "4")])
def test_counts_in_words(number: float, words: str) -> None:
    assert count(number) == words
