"""Measures how free statements are read, `Reader.shows`: `python -m evals.coverage.statements`.

Nothing is fitted. First drills: each labelled answer to the problems of `FITTED_ON`, which the cross-encoder has not
seen, is read against the statements of every stage that it touches, together as for the question of a note, and one by
one with the point's probe as for a weak point. Then `data/coverage_set.jsonl`: 75 answers and 12 statements each,
with 147 hard negatives that share their words; embeddings alone, cut where they are best, take 60 % of those for the
point (figures of whoever wrote that set).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import numpy as np
import yaml

from agent.crossencoder import load_judge
from agent.reader import STATEMENT_SHOWN, STATEMENT_UNSURE, Embed, Reader
from evals.coverage.answers import DATA, FITTED_ON, Cells, report
from evals.coverage.items import KINDS
from knowledge.embedding import load_embedder
from knowledge.library import load
from knowledge.schema import Problem, StageId


def remembering(embed: Embed) -> Embed:
    """Statements come back with every answer; each text is embedded once."""
    one = cache(lambda text: embed([text])[0])
    return lambda texts: np.stack([one(text) for text in texts])


def verdicts(
    reader: Reader, problem: Problem, answer: dict[str, list[dict[str, list[str]]]]
) -> Iterator[tuple[str, bool, str]]:
    """Per way of asking and statement: whether the answer shows it, and what the reader says."""
    text = " ".join(str(sentence["text"]).strip() for sentence in answer["sentences"])
    shown = {point for sentence in answer["sentences"] for point in sentence["shows"]}
    touched = shown | {point for sentence in answer["sentences"] for point in sentence.get("near") or ()}
    for stage in StageId:
        points = problem.stages[stage]
        if not touched & {point.id for point in points}:
            continue
        together = {c.point: c.state for c in reader.shows([p.statement for p in points], text, "")}
        for index, point in enumerate(points):
            alone = {c.point: c.state for c in reader.shows([point.statement], text, point.probe)}
            yield "together", point.id in shown, together.get(str(index), "not-shown")
            yield "alone", point.id in shown, alone.get("0", "not-shown")


def outside() -> Iterator[tuple[str, list[str], list[bool], list[str]]]:
    """The answers of `coverage_set.jsonl`: text, the statements of their stage, and of each whether it is shown, and
    what sort of hard negative it is."""
    rubric = json.loads((DATA / "coverage_rubric.json").read_text(encoding="utf-8"))
    for line in (DATA / "coverage_set.jsonl").read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        points = list(answer["labels"])
        shown = [bool(answer["labels"][point]) for point in points]
        hard = [KINDS.get(answer["hard_neg"].get(point, ""), "") for point in points]
        yield answer["text"], [rubric[point]["statement"] for point in points], shown, hard


def read_outside(reader: Reader) -> Cells:
    """One cell per answer and statement of `coverage_set.jsonl`."""
    probability: list[float] = []
    truth: list[bool] = []
    kind: list[str] = []
    for text, statements, shown, hard in outside():
        cells = {int(cell.point): cell.probability for cell in reader.shows(statements, text, "")}
        probability += [cells.get(n, 0.0) for n in range(len(statements))]
        truth += shown
        kind += hard
    return Cells(np.array(probability), np.array(truth), np.array(kind))


def main() -> None:
    """Prints, per way of asking, how much of what is called shown is, and where what is shown ends up."""
    library, reader = load(), Reader(remembering(load_embedder().embed), load_judge().judge)
    rows: list[tuple[str, bool, str]] = []
    for name in FITTED_ON:
        problem = library.problems[name]
        for answer in yaml.safe_load((DATA / f"answers-{name}.yaml").read_text(encoding="utf-8")):
            rows += verdicts(reader, problem, answer)
    for way in ("together", "alone"):
        true = [said for name, shown, said in rows if name == way and shown]
        called = [shown for name, shown, said in rows if name == way and said == "shown"]
        states = ", ".join(f"{true.count(s) / len(true):.0%} {s}" for s in ("shown", "unsure", "not-shown"))
        rightly = f"{len(called)} called shown, {sum(called) / len(called):.0%} rightly"
        print(f"{way:9} {rightly}; of {len(true)} shown: {states}")
    print("coverage_set.jsonl")
    for figure, value in report([read_outside(reader)], STATEMENT_SHOWN, STATEMENT_UNSURE).items():
        print(f"  {figure:32} {value:.3f}")


if __name__ == "__main__":
    main()
