"""Reads an answer: which points does it show, how deep, in which words? PURE: vectors come in, cells go out.

Three readers are combined, because each was measured to fail alone (docs/decisions.md, "Reading answers"): cue phrases
miss paraphrase, sentence embeddings are fooled by shared vocabulary, and a cross-encoder, which is fooled least, is too
slow for every pair. So cues and embeddings choose the pairs that the cross-encoder judges, and a small logistic model
over all three gives a probability; only what it is sure of counts, what it is unsure of stays open for a model or is
shown as not assessed. Its coefficients come from `evals/coverage/fit.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.claims import rejects
from agent.depth import REASON, depth
from agent.events import Cell, Depth
from agent.inbound import interrogatives, is_instruction
from agent.judgement import OUTPUTS, Judge, Pair
from knowledge.cues import compile_cue, sentences, stems
from knowledge.schema import Problem, StageId

Matrix = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Matrix]

READER = "cues+minilm+cross/2"
"""Name and version of this reader, recorded with what it read."""
MIN_WORDS = 4
ANSWERED = 0.3
ANSWER_WORDS = 10
"""A point that was just asked for and got an answer of this many telling words is open at least, never denied."""
JUDGED_PER_SENTENCE = 6
"""Points per sentence that are worth a judgement, the likeliest."""
ARGUED = 3.0
"""Logit of "justified" from which a sentence gives its reason without any of the words that depth is told by."""
UNJUDGED = -6.0
"""Logit of a pair that was not worth a judgement."""
ECHO = 0.75
"""Share of a sentence's stems that stand in the interviewer's last words: above it the candidate only repeats them."""


FEATURES = ("cue", "near", "margin", "shared", "rejecting")
"""What is measured of a sentence and a point, in the order of the last axis of `Scores.features`:

cue        1 when a cue of the point matches the sentence
near       mean cosine with the point's `NEAREST` nearest exemplars
margin     cosine with its nearest exemplar, less that of the nearest exemplar of any other point
shared     share of the sentence's words, weighted by their rarity in the problem, that the point's texts use
rejecting  1 when the sentence turns something down
"""
NEAREST = 3
CONTEXT_FLOOR = 0.1
"""Added to the probability found in the rest of a stage before its logarithm is taken: an empty stage is no proof."""


@dataclass(frozen=True)
class Weights:
    """ln(p / 1-p) = bias + one coefficient per feature, for the judgement, and for what else of the stage is shown."""

    bias: float
    cue: float
    near: float
    margin: float
    shared: float
    rejecting: float
    judged: float = 0.0
    context: float = 0.0

    @property
    def of_features(self) -> NDArray[np.float64]:
        return np.array([getattr(self, name) for name in FEATURES])


@dataclass(frozen=True)
class Calibration:
    """Two passes: every sentence `alone`, then `together` with its judgement and what the first pass found around it.

    `asked` is added for the point that was just asked about, `here` for all points of the stage that the interview is
    in; `shown` and `unsure` are the least probabilities, `judged_from` the least log-odds of the first pass that are
    worth a judgement.
    """

    alone: Weights
    together: Weights
    asked: float
    here: float
    shown: float
    unsure: float
    judged_from: float


@dataclass(frozen=True)
class Rubric:
    """What one problem's points look like to the reader. `exemplars` has a row per sentence, `owner` its point."""

    points: tuple[str, ...]
    statements: tuple[str, ...]
    stages: tuple[StageId, ...]
    cues: tuple[tuple[str, ...], ...]
    exemplars: Matrix
    owner: NDArray[np.int64]
    words: tuple[frozenset[str], ...]
    rarity: dict[str, float]


@dataclass(frozen=True)
class FactIndex:
    """What one problem's facts look like to the reader: a row per way of asking, `owner` its fact."""

    facts: tuple[str, ...]
    ways: Matrix
    owner: NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """`features` has the shape (sentences, points, features)."""

    sentences: tuple[str, ...]
    features: NDArray[np.float64]


def rubric(problem: Problem, embed: Embed) -> Rubric:
    """Exemplars of every point: its statement, its showings and the sentences of its strong answer."""
    texts: list[str] = []
    owner: list[int] = []
    words: list[frozenset[str]] = []
    for index, point in enumerate(problem.points):
        exemplars = [point.statement, *point.showings, *sentences(point.strong)]
        texts += exemplars
        owner += [index] * len(exemplars)
        words.append(frozenset(word for text in (*exemplars, *point.cues) for word in telling(text)))
    return Rubric(
        points=tuple(point.id for point in problem.points),
        statements=tuple(point.statement for point in problem.points),
        stages=tuple(problem.stage_of(point.id) for point in problem.points),
        cues=tuple(point.cues for point in problem.points),
        exemplars=embed(texts),
        owner=np.array(owner),
        words=tuple(words),
        rarity=_rarity(words),
    )


def statement_rubric(statements: Sequence[str], question: str, embed: Embed) -> Rubric:
    """Free statements that a drill expects, as points numbered from 0; the question stands last, to be nearer than."""
    texts = [*statements, question]
    words = [telling(text) for text in texts]
    return Rubric(
        points=tuple(str(index) for index in range(len(texts))),
        statements=tuple(texts),
        stages=(StageId.CLARIFY,) * len(texts),  # where a question is evidence too: "Did latency change?"
        cues=((),) * len(texts),
        exemplars=embed(texts),
        owner=np.arange(len(texts)),
        words=tuple(words),
        rarity=_rarity(words),
    )


_COMMON = frozenset(
    stems(
        "the a an i we to of and or in for with is are be it that this on would will can not so at by from as if do "
        "have you they what how no yes but my our use one more like then there when each all say want get make just "
        "let their them its was were than into also only some any which who could should id wed ill"
    )
)


def telling(text: str) -> frozenset[str]:
    """The stems of a text that say something."""
    return frozenset(stems(text)) - _COMMON


def _rarity(words: Sequence[frozenset[str]]) -> dict[str, float]:
    """Inverse document frequency of every stem over the points."""
    counts = Counter(word for point in words for word in point)
    return {word: math.log((len(words) + 1) / (count + 0.5)) for word, count in counts.items()}


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
    judge: Judge,
    calibration: Calibration,
    *,
    asked: str | None = None,
    here: StageId | None = None,
    question: str = "",
) -> tuple[Cell, ...]:
    """Cells of one answer, without those that are clearly not shown.

    `asked` is the point that the interviewer's last words were about, `here` their stage, `question` those words.
    """
    scores = measure(evidential(text, question), rubric, embed)
    if not scores.sentences:
        return ()
    judged = judgements(scores, rubric, judge, calibration, asked, question)
    odds = log_odds(scores, judged[:, :, 0], rubric, calibration, asked, here)
    best = odds.argmax(axis=0)
    cells = []
    for column, point in enumerate(rubric.points):
        row = int(best[column])
        probability = float(1 / (1 + np.exp(-odds[row, column])))
        if point == asked and len(telling(text)) >= ANSWER_WORDS:
            probability = max(probability, ANSWERED)
        if probability < calibration.unsure:
            continue
        state: Literal["shown", "unsure"] = "shown" if probability >= calibration.shown else "unsure"
        argued = bool(judged[row, column, -1] > ARGUED)
        quote, depth = _quote(text, scores.sentences[row], asked=asked == point, argued=argued)
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
    """All features of all sentences."""
    shape = (len(parts), len(rubric.points))
    if not parts:
        return Scores((), np.zeros((*shape, len(FEATURES))))
    similarity = embed(parts) @ rubric.exemplars.T
    near, nearest = np.zeros(shape), np.zeros(shape)
    for column in range(len(rubric.points)):
        own = np.sort(similarity[:, rubric.owner == column], axis=1)
        near[:, column] = own[:, -NEAREST:].mean(axis=1)
        nearest[:, column] = own[:, -1]
    rejecting = np.repeat(np.array([[float(rejects(part))] for part in parts]), shape[1], axis=1)
    by_name = {
        "cue": _cue_hits(parts, rubric),
        "near": near,
        "margin": _margin(nearest),
        "shared": _shared(parts, rubric),
        "rejecting": rejecting,
    }
    return Scores(parts, np.stack([by_name[name] for name in FEATURES], axis=2))


def _cue_hits(parts: tuple[str, ...], rubric: Rubric) -> NDArray[np.float64]:
    words = [stems(part) for part in parts]
    return np.array([[float(any(compile_cue(c).matches(w) for c in cues)) for cues in rubric.cues] for w in words])


def _margin(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    ordered = np.sort(cosine, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    return np.asarray(cosine - np.where(cosine == best, second, best), dtype=np.float64)


def _shared(parts: tuple[str, ...], rubric: Rubric) -> NDArray[np.float64]:
    """A word that no point uses counts like one that a single point does; one is added so that a few do not suffice."""
    unknown = math.log((len(rubric.points) + 1) / 1.5)
    rows = []
    for part in parts:
        words = telling(part)
        total = 1 + sum(rubric.rarity.get(word, unknown) for word in words)
        rows.append([sum(rubric.rarity[word] for word in words & own) / total for own in rubric.words])
    return np.array(rows)


def judgements(
    scores: Scores, rubric: Rubric, judge: Judge, by: Calibration, asked: str | None = None, question: str = ""
) -> NDArray[np.float64]:
    """The cross-encoder's logits, (sentences, points, OUTPUTS): of the likeliest pairs, `UNJUDGED` elsewhere.

    Every sentence is judged for the point that was asked about, as a reply to the question.
    """
    first = _first_pass(scores, rubric, by)
    if asked in rubric.points:
        first[:, rubric.points.index(asked)] = np.inf
    worth = np.argsort(-first, axis=1)[:, :JUDGED_PER_SENTENCE]
    cells = [(row, int(column)) for row, columns in enumerate(worth) for column in columns]
    cells = [cell for cell in cells if first[cell] >= by.judged_from]
    found = np.full((*first.shape, OUTPUTS), UNJUDGED)
    pairs = [
        Pair(rubric.statements[column], scores.sentences[row], question if rubric.points[column] == asked else "")
        for row, column in cells
    ]
    for cell, logits in zip(cells, judge(pairs), strict=True):
        found[cell] = logits
    return found


def log_odds(
    scores: Scores,
    judged: NDArray[np.float64],
    rubric: Rubric,
    by: Calibration,
    asked: str | None,
    here: StageId | None = None,
) -> NDArray[np.float64]:
    """ln(p / 1-p) that a sentence shows a point, (sentences, points); `judged` has the same shape."""
    found = 1 / (1 + np.exp(-_first_pass(scores, rubric, by).max(axis=0)))
    odds = _linear(scores, by.together) + by.together.judged * judged + by.together.context * context(found, rubric)
    if asked in rubric.points:
        odds[:, rubric.points.index(asked)] += by.asked
    odds[:, [stage is here for stage in rubric.stages]] += by.here
    return _silenced(odds, scores, rubric)


def _first_pass(scores: Scores, rubric: Rubric, by: Calibration) -> NDArray[np.float64]:
    return _silenced(_linear(scores, by.alone), scores, rubric)


def _silenced(odds: NDArray[np.float64], scores: Scores, rubric: Rubric) -> NDArray[np.float64]:
    """A question shows nothing but what clarifying is about."""
    questions = np.array([sentence.endswith("?") for sentence in scores.sentences])
    other = np.array([stage is not StageId.CLARIFY for stage in rubric.stages])
    odds[np.ix_(questions, other)] = -20.0
    return odds


def _linear(scores: Scores, weights: Weights) -> NDArray[np.float64]:
    return np.asarray(weights.bias + scores.features @ weights.of_features, dtype=np.float64)


def context(found: NDArray[np.float64], rubric: Rubric) -> NDArray[np.float64]:
    """Per point: how much of the rest of its stage an answer shows. `found` are probabilities per point."""
    ranks = np.array([stage.rank for stage in rubric.stages])
    in_stage = np.array([found[ranks == stage.rank].sum() for stage in StageId])
    return np.asarray(np.log(CONTEXT_FLOOR + in_stage[ranks] - found), dtype=np.float64)


# --- quotes ---------------------------------------------------------------------------------------------------------


def _quote(text: str, sentence: str, *, asked: bool, argued: bool) -> tuple[str, Depth]:
    """The sentence as it stands in the text, with the depth of what it says."""
    parts = sentences(text)
    index = parts.index(sentence)
    after = parts[index + 1] if index + 1 < len(parts) else ""
    found = Depth.JUSTIFIED if argued else depth(sentence, after)
    if asked and found is Depth.NAMED and any(REASON.search(part) for part in parts):
        return sentence, Depth.EXPLAINED
    return sentence, found


def _echoes(sentence: str, question: str) -> bool:
    said = set(stems(question))
    words = stems(sentence)
    return bool(said) and sum(word in said for word in words) >= ECHO * len(words)
