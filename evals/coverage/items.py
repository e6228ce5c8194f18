"""Labelled yes/no items for a model, drawn with a fixed seed from the answers in `data`. Reads files; asks nobody.

Half of the items are true. Of the others as many as there are go to each kind of near miss, and to points of the same
stage that the answer does not touch. What the two labellings of an answer disagree on is left out.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

import yaml

from agent.assessor import ask
from agent.models.port import Message
from evals.coverage.answers import DATA
from knowledge.library import load
from knowledge.schema import Problem, StageId

Kind = Literal["rejects", "negated", "vocabulary", "shallow", "untouched", "true"]
FALSE: tuple[Kind, ...] = ("rejects", "negated", "vocabulary", "shallow", "untouched")
"""Rarest first: an answer that has one gives it."""
PER_ANSWER = 2
"""True items, and false ones, about one answer: a server that keeps prefixes reads the answer once for all four."""
SEED = 1
_STAGES = {"A": StageId.CLARIFY, "B": StageId.DATA, "C": StageId.MODEL, "D": StageId.EVALUATE, "E": StageId.SERVE}
KINDS: dict[str, Kind] = {"r": "rejects", "n": "negated", "v": "vocabulary"}


@dataclass(frozen=True)
class Item:
    """`answer` names the answer whose `text` this is; `kind` says what sort of item it is."""

    answer: str
    text: str
    stage: StageId
    statement: str
    kind: Kind

    @property
    def shown(self) -> bool:
        return self.kind == "true"

    @property
    def messages(self) -> list[Message]:
        return ask(self.text, self.stage, self.statement)


def draw(number: int) -> list[Item]:
    """About `number` items (fewer when a kind runs out), answer by answer, spread evenly over the problems."""
    rng = random.Random(SEED)
    sources = [rng.sample(one, len(one)) for one in _sources()]
    rng.shuffle(sources)
    wanted = _quotas(number)
    drawn: list[Item] = []
    for source in cycle(sources):
        if source:
            answer = max(source, key=lambda items: len(_pick(items, wanted)))
            source.remove(answer)
            picked = _pick(answer, wanted)
            wanted.subtract(item.kind for item in picked)
            drawn += picked
        if not wanted.total() or not any(sources):
            return drawn
    return drawn


def _quotas(number: int) -> Counter[Kind]:
    false = number - number // 2
    share, rest = divmod(false, len(FALSE))
    wanted: Counter[Kind] = Counter({kind: share + (n < rest) for n, kind in enumerate(reversed(FALSE))})
    wanted["true"] = number // 2
    return wanted


def _pick(items: list[Item], wanted: Mapping[Kind, int]) -> list[Item]:
    """What one answer gives: of each false kind at most one."""
    first = {item.kind: item for item in items if wanted[item.kind] > 0}
    false = [first[kind] for kind in FALSE if kind in first]
    true = [item for item in items if item.shown]
    return true[: min(PER_ANSWER, wanted["true"])] + false[:PER_ANSWER]


def _sources() -> list[list[list[Item]]]:
    """Per source (a problem, or the older set) the items of each answer."""
    library = load()
    files = sorted(DATA.glob("test-*.yaml"))
    problems = [library.problems[path.stem.removeprefix("test-")] for path in files]
    answers = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    ours = [[list(_of(problem, one)) for one in some] for problem, some in zip(problems, answers, strict=True)]
    return [_older(), *ours]


def _of(problem: Problem, answer: dict[str, Any]) -> Iterator[Item]:
    said = answer["sentences"]
    text = " ".join(sentence["text"].strip() for sentence in said)
    one, other = ({p for s in said for p in s.get(by) or ()} for by in ("shows", "second"))
    near = {point: kind for sentence in said for point, kind in (sentence.get("near") or {}).items()}
    untouched = {point.id: "untouched" for point in problem.stages[StageId(answer["stage"])]}
    for point, kind in ({**untouched, **near} | dict.fromkeys(one & other, "true")).items():
        if point not in one ^ other:
            stage, statement = problem.stage_of(point), problem.point(point).statement
            yield Item(f"{problem.id} {answer['id']}", text, stage, statement, kind)


def _older() -> list[list[Item]]:
    """`coverage_set.jsonl`: five stages with points of their own."""
    rubric = json.loads((DATA / "coverage_rubric.json").read_text(encoding="utf-8"))
    lines = (DATA / "coverage_set.jsonl").read_text(encoding="utf-8").splitlines()
    return [list(_of_older(json.loads(line), rubric)) for line in lines]


def _of_older(answer: dict[str, Any], rubric: dict[str, Any]) -> Iterator[Item]:
    for point, label in answer["labels"].items():
        kind = "true" if label else KINDS.get(answer["hard_neg"].get(point, ""), "untouched")
        stage, statement = _STAGES[answer["stage"]], rubric[point]["statement"]
        yield Item(f"older {answer['id']}", answer["text"], stage, statement, kind)
