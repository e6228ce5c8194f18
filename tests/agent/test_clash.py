"""What a board contradicts of the words: each rule where it holds, and the nearest places where it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board import Board, lines
from agent.claims import commitments
from agent.clash import ClashKind, contradictions
from knowledge.cues import sentences
from tests.agent.boards import boards, drawing

CALLED = "app((App)) --> m[Fraud model]:::model"
CACHED = "app((App)) --> h[Home] -->|looks up| r[Redis]:::cache"
RANKERS = "h[Home] --> a[Video ranker]:::model\nh --> b[Ads ranker]:::model"

BATCH, CACHE, MODELS = ClashKind

HOLDS = {
    "scored at night and called": (
        ["We would score all users nightly."], CALLED, BATCH, "App (client) -> Fraud model (model)"),
    "batch scoring and called": (
        ["I'd go with batch scoring here."], CALLED, BATCH, "App (client) -> Fraud model (model)"),
    "computed ahead and called": (
        ["Let's run a job to precompute all scores."], CALLED, BATCH,
        "App (client) -> Fraud model (model)"),
    "no cache and a cache": (
        ["I would not use a cache."], CACHED, CACHE, "Home (service) -> Redis (cache): looks up"),
    "no cache because": (
        ["We don't need caching, because traffic is low."], CACHED, CACHE,
        "Home (service) -> Redis (cache): looks up"),
    "the last word on caches counts": (
        ["We could cache the lists.", "On second thought, we have no cache."], CACHED, CACHE,
        "Home (service) -> Redis (cache): looks up"),
    "one model and two rankers": (
        ["I would train a single model."], RANKERS, MODELS,
        "Home (service) -> Ads ranker (model)"),
    "only one ranking model": (
        ["We would use only one ranking model."], RANKERS, MODELS,
        "Home (service) -> Ads ranker (model)"),
}  # fmt: skip
HOLDS_NOT = {
    "nothing said": ([], CALLED),
    "batch beside real time": (["We would score all users nightly.", "New ones are scored in real time."], CALLED),
    "batch for evaluation": (["We would score the test set nightly."], CALLED),
    "micro-batches": (["We would use micro-batch scoring on the GPU."], CALLED),
    "batch turned down": (["I would not go with batch scoring."], CALLED),
    "batch supposed": (["Suppose we would score all users nightly."], CALLED),
    "batch, and a service between": (["We would score all users nightly."], "a((App)) --> h[Home] --> m[M]:::model"),
    "batch, and feedback to the model": (
        ["We would score all users nightly."], "a((App)) -->|feedback events| m[M]:::model"),
    "batch, and a model on the device": (["We would score all users nightly."], "a((App)) --> m[On-device M]:::model"),
    "a cache after all": (["I would not use a cache.", "Then again, I cache the popular lists."], CACHED),
    "no cache for something": (["I would not use a cache for payments."], CACHED),
    "no cache, what then": (["With no cache, latency suffers."], CACHED),
    "no cache hit": (["We have no cache hit there."], CACHED),
    "no cache today": (["Today we have no cache."], CACHED),
    "no cache, asked": (["Should we have no cache?"], CACHED),
    "no cache, if": (["If traffic is low I would not use a cache."], CACHED),
    "no cache, and a crossed-out one": (["I would not use a cache."], "h[Home] --> r[No Redis]:::cache"),
    "no cache, and a database": (["I would not use a cache."], "h[Home] --> r[(Redis)]"),
    "one model per country": (["I would train a single model per country."], RANKERS),
    "one model for retrieval": (["I would train a single embedding model."], RANKERS),
    "one model and its challenger": (
        ["I would train a single model."], "h[Home] --> a[Ranker]:::model\nh --> b[Shadow ranker]:::model"),
    "one model beside others": (["I would train a single model.", "Later there are two rankers."], RANKERS),
    "one model, drawn once": (["I would train a single model."], "h[Home] --> a[Ranker]:::model"),
    "one model, drawn twice under one name": (
        ["I would train a single model."], "h[Home] --> a[Ranker]:::model\nt[Trainer] --> b[ranker]:::model"),
}  # fmt: skip


def said(turns: list[str]) -> tuple[list[tuple[int, str]], list[object]]:
    spoken = [(2 * n, sentence) for n, text in enumerate(turns, 1) for sentence in sentences(text)]
    return spoken, [made for n, text in enumerate(turns, 1) for made in commitments(2 * n, text)]


@pytest.mark.parametrize(("turns", "text", "kind", "line"), HOLDS.values(), ids=HOLDS)
def test_a_contradiction_has_both_quotes(turns: list[str], text: str, kind: ClashKind, line: str) -> None:
    spoken, made = said(turns)
    found = contradictions(Board.of(drawing(text)), made, spoken)  # type: ignore[arg-type]
    assert [(clash.kind, clash.line) for clash in found] == [(kind, line)]
    assert found[0].said in turns[found[0].turn // 2 - 1]


@pytest.mark.parametrize(("turns", "text"), HOLDS_NOT.values(), ids=HOLDS_NOT)
def test_what_may_well_go_together_is_no_contradiction(turns: list[str], text: str) -> None:
    spoken, made = said(turns)
    assert contradictions(Board.of(drawing(text)), made, spoken) == ()  # type: ignore[arg-type]


@given(boards(), st.lists(st.sampled_from([text for turns, *_ in HOLDS.values() for text in turns]), max_size=5))
def test_quotes_are_what_was_said_and_drawn(sent: dict[str, object], turns: list[str]) -> None:
    spoken, made = said(turns)
    board = Board.of(sent)
    for clash in contradictions(board, made, spoken):  # type: ignore[arg-type]
        assert clash.said in turns[clash.turn // 2 - 1]
        assert clash.line in lines(board)
