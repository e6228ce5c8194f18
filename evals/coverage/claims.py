"""Measures how wrong claims are found, `agent.misconceptions`: `python -m evals.coverage.claims`.

On sentences about the problems of `FITTED_ON`, whose claims the cross-encoder was not trained on: how many that make a
wrong claim are found, and how many fair ones about the same thing are taken for it. Beside it how often an answer of
the test set, whose writers set out to make none, would be questioned. `STATED` and `NEAR` are read off the table.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from agent.crossencoder import load_judge
from agent.judgement import Judge
from agent.misconceptions import Embed, by_meaning, excepted, misconception_index, misconceptions
from evals.coverage.answers import DATA, FITTED_ON, problems_with
from evals.coverage.pairs import claim_pairs, wrong_claims
from evals.coverage.statements import remembering
from knowledge.embedding import load_embedder
from knowledge.library import Library, load

CUTS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
EXCEPTIONS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9)


def main() -> None:
    library, embed, judge = load(), remembering(load_embedder().embed), load_judge().judge
    said = list(_said(library, embed, judge))
    print(f"sentences of {len(FITTED_ON)} problems: share that is taken for the claim")
    for kind in ("claims", "fair"):
        rows = [row for row in said if row[0] == kind]
        shares = ", ".join(f"{cut:g} {sum(p >= cut for _, _, p in rows) / len(rows):.2f}" for cut in CUTS)
        print(f"  {kind:7} {len(rows)}: by cue {sum(cued for _, cued, _ in rows) / len(rows):.2f}; by meaning {shares}")
    replies = list(_argued(library, judge))
    for kind in ("argues", "insists"):
        probable = [probability for name, probability in replies if name == kind]
        shares = ", ".join(f"{cut:g} {sum(p >= cut for p in probable) / len(probable):.2f}" for cut in EXCEPTIONS)
        print(f"  {kind:7} {len(probable)}: exception argued {shares}")
    _false_alarms(library, embed, judge)


def _said(library: Library, embed: Embed, judge: Judge) -> Iterator[tuple[str, bool, float]]:
    """Kind of sentence, whether a cue finds the claim, and how probable it is by meaning (0 where it is not near)."""
    for name in FITTED_ON:
        problem = library.problems[name]
        known = misconception_index(problem, embed)
        for claim, kinds in claim_pairs(problem).items():
            for kind in ("claims", "fair"):
                for text in kinds[kind]:
                    cued = any(f"{c.point}/{c.index}" == claim for c in misconceptions(problem, 1, text))
                    cells = by_meaning(text, known, embed, judge, stated=0.0)
                    yield kind, cued, next((cell.probability for cell in cells if cell.point == claim), 0.0)


def _argued(library: Library, judge: Judge) -> Iterator[tuple[str, float]]:
    """Kind of reply to a challenge, and how probable it is that it argues the exception."""
    for name in FITTED_ON:
        problem = library.problems[name]
        said = claim_pairs(problem)
        for claim, wrong in wrong_claims(problem):
            for kind in ("argues", "insists"):
                for text in said[claim].get(kind, ()):
                    cell = excepted(wrong.unless or "", text, wrong.challenge, judge)
                    yield kind, cell.probability


def _false_alarms(library: Library, embed: Embed, judge: Judge) -> None:
    """Prints the share of the test answers that would be questioned, whole and without sentences that are labelled as
    turning a point down: those are mostly wrong, and asked about rightly."""
    surest: dict[str, list[float]] = {"whole": [], "without sentences that turn a point down": []}
    for name in problems_with("test"):
        known = misconception_index(library.problems[name], embed)
        for whole, rest in _answers(name):
            for kind, text in zip(surest, (whole, rest), strict=True):
                cells = by_meaning(text, known, embed, judge, stated=0.0)
                surest[kind].append(max((cell.probability for cell in cells), default=0.0))
    for kind, probable in surest.items():
        shares = ", ".join(f"{cut:g} {sum(p >= cut for p in probable) / len(probable):.2f}" for cut in CUTS)
        print(f"  {len(probable)} answers of the test set, {kind}: a claim is found in {shares}")


def _answers(problem_id: str) -> Iterator[tuple[str, str]]:
    """Test answers, each also without its sentences that are labelled as rejecting or negating a point."""
    for answer in yaml.safe_load((DATA / f"test-{problem_id}.yaml").read_text(encoding="utf-8")):
        said = [(one["text"].strip(), set((one.get("near") or {}).values())) for one in answer["sentences"]]
        kept = (text for text, near in said if not near & {"rejects", "negated"})
        yield " ".join(text for text, _ in said), " ".join(kept)


if __name__ == "__main__":
    main()
