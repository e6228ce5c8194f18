"""Reads an answer: which points does it show, how deep, in which words? PURE: vectors come in, cells go out.

Two weak readers are combined, because each was measured to fail alone (docs/decisions.md, "Reading answers"): cue
phrases miss paraphrase, sentence embeddings are fooled by shared vocabulary. A small logistic model over both gives a
probability; only what it is sure of counts, what it is unsure of stays open for a model or is shown as not assessed.
Its coefficients come from `evals/coverage/fit.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.claims import rejects
from agent.events import Cell, Depth
from agent.inbound import interrogatives, is_instruction
from knowledge.cues import compile_cue, sentences, stems
from knowledge.schema import Problem, StageId

Matrix = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Matrix]

READER = "cues+minilm/1"
"""Name and version of this reader, recorded with what it read."""
MIN_WORDS = 4
ECHO = 0.75
"""Share of a sentence's stems that stand in the interviewer's last words: above it the candidate only repeats them."""
LIST_COMMAS = 5


@dataclass(frozen=True)
class Calibration:
    """Coefficients of ln(p / 1-p) and the two thresholds of the three-way decision."""

    bias: float
    cue: float
    cosine: float
    margin: float
    rejecting: float
    asked: float
    shown: float
    unsure: float


@dataclass(frozen=True)
class Rubric:
    """What one problem's points look like to the reader. `positive` has a row per exemplar, `owner` its point."""

    points: tuple[str, ...]
    stages: tuple[StageId, ...]
    cues: tuple[tuple[str, ...], ...]
    positive: Matrix
    owner: NDArray[np.int64]


@dataclass(frozen=True)
class FactIndex:
    """What one problem's facts look like to the reader: a row per way of asking, `owner` its fact."""

    facts: tuple[str, ...]
    ways: Matrix
    owner: NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """One row per sentence, one column per point. `margin` is the cosine less that of the nearest other point."""

    sentences: tuple[str, ...]
    cosine: Matrix
    margin: Matrix
    cue: NDArray[np.bool_]
    rejecting: NDArray[np.bool_]


def rubric(problem: Problem, embed: Embed) -> Rubric:
    """Exemplars of every point: its statement, its showings and the sentences of its strong answer."""
    texts: list[str] = []
    owner: list[int] = []
    for index, point in enumerate(problem.points):
        exemplars = [point.statement, *point.showings, *sentences(point.strong)]
        texts += exemplars
        owner += [index] * len(exemplars)
    return Rubric(
        points=tuple(point.id for point in problem.points),
        stages=tuple(problem.stage_of(point.id) for point in problem.points),
        cues=tuple(point.cues for point in problem.points),
        positive=embed(texts),
        owner=np.array(owner),
    )


def fact_index(problem: Problem, embed: Embed) -> FactIndex:
    texts: list[str] = []
    owner: list[int] = []
    for index, fact in enumerate(problem.facts):
        ways = [fact.topic, fact.tell, *(cue.replace("...", " ") for cue in fact.asks)]
        texts += ways
        owner += [index] * len(ways)
    return FactIndex(tuple(fact.id for fact in problem.facts), embed(texts), np.array(owner))


FACT_COSINE = 0.53
FACT_MARGIN = 0.03
"""A question asks for the nearest fact when it is near enough and clearly nearer than the next (looked up on the
opening questions of nine scripted candidates; docs/decisions.md, "Questions about the problem")."""


def facts_asked(text: str, index: FactIndex, embed: Embed) -> tuple[str, ...]:
    """Facts that the questions in a turn ask for, by meaning."""
    asked = interrogatives(text)
    if not asked:
        return ()
    similarity = embed(asked) @ index.ways.T
    nearness = np.stack([similarity[:, index.owner == f].max(axis=1) for f in range(len(index.facts))], axis=1)
    found = []
    for row in nearness:
        best, second = np.sort(row)[::-1][:2]
        if best >= FACT_COSINE and best - second >= FACT_MARGIN:
            found.append(index.facts[int(row.argmax())])
    return tuple(dict.fromkeys(found))


def read(
    text: str,
    rubric: Rubric,
    embed: Embed,
    calibration: Calibration,
    *,
    asked: str | None = None,
    question: str = "",
) -> tuple[Cell, ...]:
    """Cells of one answer, without those that are clearly not shown.

    `asked` is the point that the interviewer's last words were about, `question` those words.
    """
    scores = measure(evidential(text, question), rubric, embed)
    if not scores.sentences:
        return ()
    odds = log_odds(scores, rubric, calibration, asked)
    best = odds.argmax(axis=0)
    cells = []
    for column, point in enumerate(rubric.points):
        row = int(best[column])
        probability = float(1 / (1 + np.exp(-odds[row, column])))
        if probability < calibration.unsure:
            continue
        state: Literal["shown", "unsure"] = "shown" if probability >= calibration.shown else "unsure"
        quote, depth = _quote(text, scores.sentences[row], asked == point)
        cells.append(Cell(point=point, state=state, depth=depth, quote=quote, probability=round(probability, 4)))
    return tuple(cells)


def evidential(text: str, question: str = "") -> tuple[str, ...]:
    """The sentences of an answer that can be evidence: no orders to the grader, no echo of the interviewer."""
    return tuple(
        sentence
        for sentence in sentences(text)
        if len(stems(sentence)) >= MIN_WORDS and not is_instruction(sentence) and not _echoes(sentence, question)
    )


def measure(parts: tuple[str, ...], rubric: Rubric, embed: Embed) -> Scores:
    """Similarity and cue hits of every sentence with every point."""
    count = len(rubric.points)
    if not parts:
        empty: Matrix = np.zeros((0, count), dtype=np.float32)
        none = np.zeros((0, count), dtype=np.bool_)
        return Scores((), empty, empty, none, np.zeros(0, dtype=np.bool_))
    similarity = embed(parts) @ rubric.positive.T
    cosine = np.stack([similarity[:, rubric.owner == p].max(axis=1) for p in range(count)], axis=1)
    ordered = np.sort(cosine, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    margin = cosine - np.where(cosine == best, second, best)
    words = [stems(part) for part in parts]
    hits = [[any(compile_cue(c).matches(w) for c in cues) for cues in rubric.cues] for w in words]
    return Scores(
        sentences=parts,
        cosine=cosine.astype(np.float32),
        margin=margin.astype(np.float32),
        cue=np.array(hits, dtype=np.bool_),
        rejecting=np.array([rejects(part) for part in parts], dtype=np.bool_),
    )


def log_odds(scores: Scores, rubric: Rubric, by: Calibration, asked: str | None) -> NDArray[np.float64]:
    """ln(p / 1-p) that a sentence shows a point. A question shows nothing but what clarifying is about."""
    odds: NDArray[np.float64] = (
        by.bias
        + by.cue * scores.cue
        + by.cosine * scores.cosine
        + by.margin * scores.margin
        + by.rejecting * scores.rejecting[:, None]
    ).astype(np.float64)
    if asked in rubric.points:
        odds[:, rubric.points.index(asked)] += by.asked
    questions = np.array([sentence.endswith("?") for sentence in scores.sentences])
    other = np.array([stage is not StageId.CLARIFY for stage in rubric.stages])
    odds[np.ix_(questions, other)] = -20.0
    return odds


# --- quotes and depth ------------------------------------------------------------------------------------------------

_REASON = re.compile(
    r"\b(because|since|so that|otherwise|which means|that way|the reason|due to|trade-?off|at the (cost|price|expense)|downside|"
    r"in exchange|rather than|instead of|worth (it|the)|the catch|the risk|the problem with|if (we|i|you) (did|do|don'?t|only|just)|"
    r"would (break|leak|bias|hurt|miss|cost|punish|reward|inflate|drown|teach)|as long as|unless|even though|while)\b",
    re.IGNORECASE,
)
_MECHANISM = re.compile(
    r"\b(by|using|via|from|per|with|within|into|every|each|when|after|before|then|until|against|over the (last|past)|\d[\d.,%]*)\b",
    re.IGNORECASE,
)


def depth(sentence: str, after: str = "") -> Depth:
    """How deep a sentence goes: a reason or trade-off in it, or opening the sentence after it, justifies; a mechanism
    explains; a list or a bare mention names. Markers count once, so length alone changes nothing."""
    if sentence.count(",") >= LIST_COMMAS and not _REASON.search(sentence):
        return Depth.NAMED
    opening = " ".join(after.split()[:8])
    if _REASON.search(sentence) or _REASON.search(opening):
        return Depth.JUSTIFIED
    return Depth.EXPLAINED if len(_MECHANISM.findall(sentence)) >= 2 else Depth.NAMED


def _quote(text: str, sentence: str, asked: bool) -> tuple[str, Depth]:
    """The sentence as it stands in the text, with the depth of what it says."""
    parts = sentences(text)
    index = parts.index(sentence)
    after = parts[index + 1] if index + 1 < len(parts) else ""
    found = depth(sentence, after)
    if asked and found is Depth.NAMED and any(_REASON.search(part) for part in parts):
        return sentence, Depth.EXPLAINED
    return sentence, found


def _echoes(sentence: str, question: str) -> bool:
    said = set(stems(question))
    words = stems(sentence)
    return bool(said) and sum(word in said for word in words) >= ECHO * len(words)
