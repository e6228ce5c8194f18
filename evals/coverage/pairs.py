"""What the coverage model learns from: pairs of a statement and a sentence, labelled, drawn anew for every epoch.

Reads `data/pairs-<problem>.yaml` (contrast pairs by kind), the content (showings, weak answers), and, of the problems
that nothing is fitted on (`FITTED_ON`), the labelled answers and `data/claims-<problem>.yaml` (sentences that make a
wrong claim or do not). Not here: the model (`train.py`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from agent.coverage import Embed, rubric
from agent.events import Depth
from evals.coverage.answers import FITTED_ON, spoken
from knowledge.library import Library
from knowledge.schema import Misconception, Point, Problem

DATA = Path(__file__).parent / "data"
SHOWS: dict[str, Depth] = {"named": Depth.NAMED, "explained": Depth.EXPLAINED, "justified": Depth.JUSTIFIED}
"""Kinds of sentence that show the point, with their depth."""
MIXED = "mixed"
"""Kind that shows the point beside other matters, so that nothing is known of what else it shows."""
FAILS = ("vocabulary", "shallow", "rejected", "negated")
"""Kinds that do not: same words about another matter, too little, turned down, said to be unnecessary."""
SHOWINGS = 6
"""Showings of a point drawn per epoch."""
UNLABELLED = 20
"""Pairs per point and epoch of which nobody said whether the sentence shows it: teachers do."""
RIVALS = 8
"""A sentence that shows one point is a negative of its nearest others: those that the reader will ask about too."""
DRAWN_RIVALS = 2
"""Of them drawn per epoch for a contrast pair; half as many for a showing, of which there are many."""
DRAWN_BESIDE = 4
"""Points that a labelled sentence does not show, drawn per epoch from its nearest `RIVALS`."""


DRAWN_CLAIMS = 2
"""Other wrong claims of the problem that a sentence making one does not make, drawn per epoch."""
NEAR_CLAIMS = 3
"""Wrong claims nearest to a sentence that makes none, of which one is drawn per epoch."""
CLAIMS = ("claims", "fair", "argues", "insists")


@dataclass(frozen=True)
class Example:
    statement: str
    sentence: str
    question: str
    shown: bool | None
    """None where teachers are asked."""
    depth: Depth | None = None
    hard: bool = False
    """Whether it was written to be mistaken for one that shows: the mistake counts twice."""


@dataclass(frozen=True)
class Source:
    """One problem to draw from: contrast pairs by point and kind, labelled sentences, the nearest points of each.

    `said` are the points that a sentence of a labelled answer shows, with their depth where it is known, and those that
    its labeller called a near miss; `claims` are sentences by wrong claim (`<point>/<index>`) and kind;
    `beside` has the wrong claims that true sentences come nearest to, and do not make; `near` the points nearest to
    sentences of every kind, whoever wrote them and whatever they show.
    """

    problem: Problem
    pairs: dict[str, dict[str, list[str]]]
    said: dict[str, tuple[dict[str, Depth | None], frozenset[str]]]
    rivals: dict[str, tuple[Point, ...]]
    claims: dict[str, dict[str, list[str]]]
    beside: dict[str, tuple[str, ...]]
    near: dict[str, tuple[Point, ...]]


def contrast_pairs(problem: Problem) -> dict[str, dict[str, list[str]]]:
    """Sentences by point and kind. Raises ValueError for a point or kind that is not known."""
    text = (DATA / f"pairs-{problem.id}.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    known = {*SHOWS, MIXED, *FAILS, "answers", "non_answers"}
    unknown = (found.keys() - {p.id for p in problem.points}) | ({k for one in found.values() for k in one} - known)
    if unknown:
        raise ValueError(f"pairs-{problem.id}.yaml: nobody knows {sorted(unknown)}")
    return found


def claim_pairs(problem: Problem) -> dict[str, dict[str, list[str]]]:
    """Sentences by wrong claim and kind. Raises ValueError where it is not one entry per wrong claim."""
    text = (DATA / f"claims-{problem.id}.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    known = {name for name, _ in wrong_claims(problem)}
    if found.keys() != known or {kind for one in found.values() for kind in one} - set(CLAIMS):
        raise ValueError(f"claims-{problem.id}.yaml: {sorted(found.keys() ^ known)} or a kind that nobody knows")
    return found


def wrong_claims(problem: Problem) -> list[tuple[str, Misconception]]:
    """Each with its name, `<point>/<index>`."""
    return [(f"{p.id}/{n}", wrong) for p in problem.points for n, wrong in enumerate(p.misconceptions)]


def source(library: Library, problem_id: str, embed: Embed) -> Source:
    """Embeds every true sentence of a problem: some seconds."""
    problem = library.problems[problem_id]
    read, pairs = rubric(problem, embed), contrast_pairs(problem)

    def nearest(text: str, *but: str) -> tuple[Point, ...]:
        cosine = embed([text])[0] @ read.exemplars.T
        best = np.array([cosine[read.owner == other].max() for other in range(len(read.points))])
        order = [problem.points[other] for other in np.argsort(-best)]
        return tuple(point for point in order if point.id not in but)[:RIVALS]

    rivals = {text: nearest(text, p.id) for p in problem.points for text in _true(p, pairs[p.id])}
    said = {} if problem_id in FITTED_ON else spoken(problem_id)
    rivals |= {text: nearest(text, *shows, *near) for text, (shows, near) in said.items()}
    others = {text for p in problem.points for kind in (MIXED, *FAILS) for text in pairs[p.id].get(kind, ())}
    near = rivals | {text: nearest(text) for text in others}
    if problem_id in FITTED_ON:
        return Source(problem, pairs, said, rivals, {}, {}, near)
    wrong = [one.claim for _, one in wrong_claims(problem)]
    texts = list(rivals)
    order = np.argsort(-(embed(texts) @ embed(wrong).T), axis=1)[:, :NEAR_CLAIMS]
    beside = {text: tuple(wrong[column] for column in row) for text, row in zip(texts, order, strict=True)}
    return Source(problem, pairs, said, rivals, claim_pairs(problem), beside, near)


def _true(point: Point, kinds: dict[str, list[str]]) -> list[str]:
    return [*point.showings, *(said for kind in SHOWS for said in kinds.get(kind, ()))]


def epoch(sources: Sequence[Source], rng: random.Random) -> list[Example]:
    """About forty-five examples per point in random order, a quarter of them true."""
    drawn = [example for one in sources for point in one.problem.points for example in _of_point(one, point, rng)]
    drawn += [example for one in sources for text in one.said for example in _of_answers(one, text, rng)]
    drawn += [example for one in sources for example in (*_of_claims(one, rng), *_beside_claims(one, rng))]
    rng.shuffle(drawn)
    return drawn


def unlabelled(sources: Sequence[Source], rng: random.Random) -> list[Example]:
    """Sentences of all kinds beside points that they come near, for teachers to label; `UNLABELLED` per point.

    One in five has the point's probe as its question, as when the reader asks whether a reply meets it.
    """
    drawn = []
    for one in sources:
        for text in rng.choices(list(one.near), k=UNLABELLED * len(one.problem.points)):
            point = rng.choice(one.near[text])
            drawn.append(Example(point.statement, text, point.probe if rng.random() < 0.2 else "", None))
    return drawn


def _of_point(one: Source, point: Point, rng: random.Random) -> Iterator[Example]:
    kinds = one.pairs[point.id]
    true: list[tuple[str, Depth | None]] = [(said, None) for said in rng.sample(point.showings, SHOWINGS)]
    true += [(said, depth) for kind, depth in SHOWS.items() for said in kinds.get(kind, ())]
    yield from (Example(point.statement, said, "", True) for said in kinds.get(MIXED, ()))
    for said, depth in true:
        yield Example(point.statement, said, "", True, depth)
        rivals = rng.sample(one.rivals[said], DRAWN_RIVALS if depth else DRAWN_RIVALS // 2)
        yield from (Example(other.statement, said, "", False) for other in rivals)
    for kind in FAILS:
        yield from (Example(point.statement, said, "", False, hard=True) for said in kinds.get(kind, ()))
    yield from _replies(point, kinds, rng)
    other = rng.choice([candidate for candidate in one.problem.points if candidate is not point])
    elsewhere = one.pairs[other.id].get("answers") or other.showings
    yield Example(point.statement, rng.choice(elsewhere), other.probe, False)


def _of_answers(one: Source, text: str, rng: random.Random) -> Iterator[Example]:
    shows, near = one.said[text]
    for point in one.problem.points:
        if point.id in shows:
            yield Example(point.statement, text, "", True, shows[point.id])
        elif point.id in near:
            yield Example(point.statement, text, "", False, hard=True)
    yield from (Example(other.statement, text, "", False) for other in rng.sample(one.rivals[text], DRAWN_BESIDE))


def _of_claims(one: Source, rng: random.Random) -> Iterator[Example]:
    """Of each wrong claim; a sentence that makes it makes no other and does not show its point either."""
    wrongs = [(name, wrong) for name, wrong in wrong_claims(one.problem) if name in one.claims]
    for name, wrong in wrongs:
        said = one.claims[name]
        for text in said["claims"]:
            yield Example(wrong.claim, text, "", True)
            others = rng.sample([other for _, other in wrongs if other is not wrong], DRAWN_CLAIMS)
            yield from (Example(other.claim, text, "", False) for other in others)
        yield from (Example(wrong.claim, text, "", False, hard=True) for text in said["fair"])
        yield Example(one.problem.point(name.split("/")[0]).statement, rng.choice(said["claims"]), "", False)
        yield from (Example(wrong.unless or "", text, wrong.challenge, True) for text in said.get("argues", ()))
        yield from (Example(wrong.unless or "", text, wrong.challenge, False) for text in said.get("insists", ()))


def _beside_claims(one: Source, rng: random.Random) -> Iterator[Example]:
    """True sentences beside the wrong claims that they come near; what a labeller called a near miss is left out."""
    for text, wrong in one.beside.items():
        if text not in one.said or not one.said[text][1]:
            yield Example(rng.choice(wrong), text, "", False)


def _replies(point: Point, kinds: dict[str, list[str]], rng: random.Random) -> Iterator[Example]:
    yield Example(point.statement, point.weak, point.probe if rng.random() < 0.5 else "", False)
    yield from (Example(point.statement, said, point.probe, True) for said in kinds.get("answers", ()))
    yield from (Example(point.statement, said, point.probe, False) for said in kinds.get("non_answers", ()))
