"""What the coverage model learns from, and that nothing it is measured on is among it."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import yaml

from evals.coverage.answers import DATA, FITTED_ON, problems_with, said, spoken
from evals.coverage.pairs import (
    FAILS,
    MIXED,
    SHOWS,
    UNLABELLED,
    claim_pairs,
    contrast_pairs,
    epoch,
    source,
    unlabelled,
    wrong_claims,
)
from knowledge.library import Library
from tests.agent.doubles import bag_of_stems


def test_every_point_has_sentences_that_show_it_and_sentences_that_only_seem_to(library: Library) -> None:
    total = mixed = 0
    for problem in library.problems.values():
        pairs = contrast_pairs(problem)
        assert pairs.keys() == {point.id for point in problem.points}
        for point, kinds in pairs.items():
            assert any(kinds.get(kind) for kind in SHOWS), (problem.id, point)
            assert any(kinds.get(kind) for kind in FAILS), (problem.id, point)
            assert len(kinds["negated"]) >= 3, (problem.id, point)
            mixed += len(kinds.get(MIXED, ()))
            total += sum(map(len, kinds.values()))
    assert total >= 13_000
    assert mixed >= 1_400, "reviewers may drop all of a point, not of many"


def test_every_wrong_claim_has_sentences_that_make_it_and_fair_ones(library: Library) -> None:
    for problem in library.problems.values():
        said_of = claim_pairs(problem)
        for name, wrong in wrong_claims(problem):
            kinds = said_of[name]
            assert len(kinds["claims"]) >= 4, (problem.id, name)
            assert len(kinds["fair"]) >= 3, (problem.id, name)
            assert not (kinds.get("argues") and wrong.unless is None), (problem.id, name)


def test_nothing_that_is_measured_on_is_learned_from(library: Library) -> None:
    measured = {_flat(s["text"]) for name in problems_with("test") for answer in _raw(f"test-{name}") for s in answer}
    assert len(measured) > 1_000
    for problem in library.problems.values():
        learned = [text for kinds in contrast_pairs(problem).values() for texts in kinds.values() for text in texts]
        learned += [text for kinds in claim_pairs(problem).values() for texts in kinds.values() for text in texts]
        learned += [*spoken(problem.id), *(text for point in problem.points for text in point.showings)]
        assert not {text for text in measured & {_flat(text) for text in learned} if len(text.split()) > 3}


def _raw(name: str) -> list[list[dict[str, str]]]:
    return [one["sentences"] for one in yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))]


def _flat(text: str) -> str:
    return " ".join(text.lower().split())


def test_the_test_set_has_enough_labels_of_every_problem(library: Library) -> None:
    assert problems_with("test") == sorted(library.problems)
    answers = [one for name in library.problems for one in said(name, "test")]
    assert len(answers) * min(len(p.points) for p in library.problems.values()) >= 600
    assert all(one.text for one in answers)
    assert sum(bool(one.shown) for one in answers) > len(answers) / 2


@pytest.mark.parametrize("name", ["spam-detection", FITTED_ON[0]])
def test_an_epoch_has_both_sides_of_every_point_and_keeps_what_is_fitted_on_out(name: str, library: Library) -> None:
    one = source(library, name, bag_of_stems)
    drawn = epoch([one], random.Random(1))
    sides = Counter((example.statement, example.shown) for example in drawn)
    for point in one.problem.points:
        assert sides[point.statement, True] >= 6
        assert sides[point.statement, False] >= 6
    claims = {wrong.claim for _, wrong in wrong_claims(one.problem)}
    answers = set(spoken(name))
    used = {example.statement for example in drawn}, {example.sentence for example in drawn}
    assert bool(used[0] & claims) is (name not in FITTED_ON)
    assert bool(used[1] & answers) is (name not in FITTED_ON)
    assert drawn != epoch([one], random.Random(2))


def test_what_nobody_labelled_is_drawn_for_teachers_and_said_to_be_so(library: Library) -> None:
    one = source(library, FITTED_ON[0], bag_of_stems)
    drawn = unlabelled([one], random.Random(1))
    assert len(drawn) == UNLABELLED * len(one.problem.points)
    assert {example.shown for example in drawn} == {None}
    assert {example.sentence for example in drawn}.isdisjoint(spoken(one.problem.id))
    assert any(example.question for example in drawn)
