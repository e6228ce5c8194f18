"""Drafts a problem from a document: the template filled with what the document says, worded by a model if there is one.

    document -> outline -> skeleton (template + nearest sentences + retrieved cases) -> worded by a model, item by item

Every item that a model writes is checked like authored content and otherwise left as it was, so a bad model costs
nothing but its own lines. A draft is for a person to edit: it says what it took from where. No files here.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from agent.errors import ModelError
from agent.models.port import Message, Model
from agent.phrasing import fenced
from knowledge.checks import Reading, check_point
from knowledge.cues import sentences, stems
from knowledge.files import Piece
from knowledge.library import Library
from knowledge.schema import Fact, Kind, Point, Problem, Stage, StageId
from prompts import load

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Progress = Callable[[int, int], None]

SENTENCES = 600
"""Most sentences of a document that are looked at."""
SHOWN_SENTENCES = 40
"""Most that a model is shown: about 1,000 tokens."""
SENTENCE_WORDS = (5, 45)
ANSWERS = 0.45
"""Cosine from which a sentence is taken for an answer to a fact's question; set by hand on a few job descriptions."""
FAITHFUL = 0.55
"""Cosine from which a model's sentence is taken to say what a sentence of the document says."""
WRITTEN_POINTS = 3
"""Points per stage asked of a large model; they take the place of the template's last ones."""
CALL_SECONDS = 180.0
_UNNAMED = re.compile(r"(page|part) \d+|beginning|")
HEADING_BONUS = 0.25
"""Added to the cosine of a sentence that stands under a heading of the fact's own words ("Goal", "Data")."""
NUMBERS_COST = 0.1
"""Taken from a sentence with numbers when a brief is looked for, since a brief is vague."""


class CaseFinder(Protocol):
    def passages(self, query: str, *, kind: Kind | None = None, limit: int = 3) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Outline:
    """What a draft needs of a document: its title, its sentences, and under which heading each of them stands."""

    title: str
    sentences: tuple[str, ...]
    headings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A problem, and what in it did not come from the template, one line each."""

    problem: Problem
    taken: tuple[str, ...]


def outline(pieces: Sequence[Piece], name: str) -> Outline:
    """`name` is the title where the document has no heading of its own."""
    top = pieces[0].heading.split(" > ")[0] if pieces else ""
    names = [" ".join(one.split())[:80] for one in ("" if _UNNAMED.fullmatch(top) else top, name, "My problem")]
    title = next(one for one in names if len(one) >= 3)
    low, high = SENTENCE_WORDS
    kept: dict[str, str] = {}
    for piece in pieces:
        heading = "" if _UNNAMED.fullmatch(piece.heading) else piece.heading.split(" > ")[-1]
        for one in map(_plain, sentences(_unwrapped(piece.text))):
            if low <= len(one.split()) <= high and len(one) <= 300:
                kept.setdefault(one, heading)
    return Outline(title, tuple(kept)[:SENTENCES], tuple(kept.values())[:SENTENCES])


def identifier(title: str, taken: Iterable[str]) -> str:
    """A free problem id made of the title's words."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    base = "-".join(words)[:50].strip("-") or "my-problem"
    known = set(taken)
    numbered = (base if n == 1 else f"{base}-{n}" for n in range(1, len(known) + 2))
    return next(one for one in numbered if one not in known)


def skeleton(template: Problem, source: Outline, identity: str, embed: Embed, find: CaseFinder | None) -> Draft:
    """The template, with facts answered by the document's own sentences and each point backed by the nearest case."""
    about = f"{template.brief} {source.title}"
    taken: list[str] = []
    vectors = embed(source.sentences) if source.sentences else np.zeros((0, 0), dtype=np.float32)
    facts, brief = template.facts, template.brief
    if len(vectors):
        opening = _opening(source, vectors, embed([about])[0])
        brief = f"{opening} Design the machine learning system for it."
        taken.append("the brief, from the document's nearest sentence")
        facts, told = _answered(facts, source, vectors, embed)
        taken += [f"the fact {one!r}, a sentence of the document" for one in told]
    stages = {stage: tuple(_backed(point, find) for point in points) for stage, points in template.stages.items()}
    problem = template.model_copy(
        update={
            "id": identity,
            "title": source.title,
            "summary": f"Drafted from a document: {source.title}."[:400],
            "brief": brief,
            "facts": facts,
            "stages": stages,
        }
    )
    return Draft(Problem.model_validate(problem.model_dump()), tuple(taken))


async def worded(
    draft: Draft, source: Outline, library: Library, embed: Embed, find: CaseFinder | None, model: Model,
    progress: Progress = lambda done, total: None,
) -> Draft:  # fmt: skip
    """The draft with what `model` wrote well: the brief and, by a large model, the facts and points of its own.

    A small one answers a fact from the wrong sentence as readily as from the right one (tried with 1.5B: two of four
    answers were worse than the sentence found without it). Raises nothing that the model does: what fails stays.
    """
    problem, taken = draft.problem, list(draft.taken)
    vectors = embed(source.sentences) if source.sentences else np.zeros((0, 0), dtype=np.float32)
    document = _shown(problem, source, vectors, embed)
    stages = () if model.small else tuple(StageId)
    asked = () if model.small else problem.facts
    total = 1 + len(asked) + len(stages)
    progress(0, total)
    said = await _say(model, "draft_brief", document=document)
    if _fit_to_open(said):
        problem = problem.model_copy(update={"brief": said})
        taken.append(f"the brief, worded by {model.name}")
    facts = []
    for done, fact in enumerate(asked, 1):
        progress(done, total)
        answer = await _say(model, "draft_fact", document=document, topic=fact.topic, question=_question(fact))
        fits = _fit_to_tell(answer) and _faithful(answer, vectors, embed)
        facts.append(fact.model_copy(update={"tell": answer}) if fits else fact)
        if fits:
            taken.append(f"the fact {fact.id!r}, worded by {model.name}")
    problem = problem.model_copy(update={"facts": tuple(facts) or problem.facts})
    for done, stage in enumerate(stages, 1 + len(facts)):
        progress(done, total)
        written = await _points(model, problem, library, library.stages[stage], document, find)
        problem = _with_points(problem, stage, written)
        taken += [f"the point {point.id!r}, written by {model.name}" for point in written]
    progress(total, total)
    return Draft(Problem.model_validate(problem.model_dump()), tuple(taken))


# --- without a model --------------------------------------------------------------------------------------------------


def generic_facts(problem: Problem, template: Problem) -> tuple[str, ...]:
    """Ids of the facts that still say what the template says: the document did not answer them."""
    tells = {fact.id: fact.tell for fact in template.facts}
    return tuple(fact.id for fact in problem.facts if tells.get(fact.id) == fact.tell)


def _unwrapped(text: str) -> str:
    """Lines that were only wrapped are joined; list items and paragraphs stay apart."""
    return re.sub(r"(?<=[^\s.!?:])[ \t]*\n(?=[ \t]*[^\s\-*#>|+\d])", " ", text)


def _plain(sentence: str) -> str:
    return re.sub(r"^\W*\s|[*_`#|]+", "", sentence).strip()


def _opening(source: Outline, vectors: NDArray[np.float32], wanted: NDArray[np.float32]) -> str:
    """The sentence nearest to what a brief says."""
    cost = [NUMBERS_COST * bool(re.search(r"\d", one)) + (len(one.split()) < 8) for one in source.sentences]
    return source.sentences[int((vectors @ wanted - np.array(cost)).argmax())]


def _answered(
    facts: Sequence[Fact], source: Outline, vectors: NDArray[np.float32], embed: Embed
) -> tuple[tuple[Fact, ...], list[str]]:
    """Each fact gets the sentence nearest to its questions, the surest pairs first, no sentence twice."""
    under = [set(stems(heading)) for heading in source.headings] or [set[str]()] * len(source.sentences)
    cosines = np.stack(
        [
            (vectors @ embed(fact.asks).T).max(axis=1)
            + HEADING_BONUS * np.array([bool(set(stems(f"{fact.id} {fact.topic}")) & words) for words in under])
            for fact in facts
        ]
    )
    answers: dict[int, str] = {}
    for flat in np.argsort(-cosines, axis=None, kind="stable"):
        fact, sentence = divmod(int(flat), cosines.shape[1])
        if cosines[fact, sentence] < ANSWERS:
            break
        if fact not in answers and source.sentences[sentence] not in answers.values():
            answers[fact] = source.sentences[sentence]
    told = [facts[n].id for n in sorted(answers)]
    return tuple(
        fact.model_copy(update={"tell": answers[n]}) if n in answers else fact for n, fact in enumerate(facts)
    ), told


def _backed(point: Point, find: CaseFinder | None) -> Point:
    """The point with the case that retrieval finds for it."""
    if find is None:
        return point
    found = [hit.passage.document for hit in find.passages(point.statement, kind="case", limit=1)]
    return point.model_copy(update={"sources": tuple(dict.fromkeys([*point.sources, *found]))})


# --- with a model -----------------------------------------------------------------------------------------------------


def _shown(problem: Problem, source: Outline, vectors: NDArray[np.float32], embed: Embed) -> str:
    """The sentences that bear on the problem most, in the document's order."""
    if not len(vectors):
        return fenced(source.title)
    wanted = embed([problem.title, *(fact.topic for fact in problem.facts)])
    nearest = (vectors @ wanted.T).max(axis=1)
    chosen = sorted(np.argsort(-nearest, kind="stable")[:SHOWN_SENTENCES])
    return fenced("\n".join(source.sentences[n] for n in chosen))


def _question(fact: Fact) -> str:
    return fact.asks[0].replace("...", "").strip().capitalize() + "?"


async def _say(model: Model, prompt: str, **values: str | int) -> str:
    """What the model replies, in one line; nothing when it fails or takes too long."""
    text = ""
    try:
        async with asyncio.timeout(CALL_SECONDS):
            async for piece in model.stream([Message("user", load(prompt).render(**values))], max_tokens=1800):
                text += piece
    except (ModelError, TimeoutError):
        return ""
    return text.strip() if prompt == "draft_points" else " ".join(text.split()).strip("\"' ")


def _fit_to_open(text: str) -> bool:
    return 8 <= len(text.split()) <= 60 and "?" not in text and "document" not in text.lower()


def _fit_to_tell(text: str) -> bool:
    plain = text.lower()
    return 4 <= len(text.split()) <= 45 and "none" not in plain and "document" not in plain and "?" not in plain


def _faithful(text: str, vectors: NDArray[np.float32], embed: Embed) -> bool:
    """A sentence that no sentence of the document resembles is the model's own invention."""
    return bool(len(vectors)) and float((vectors @ embed([text])[0]).max()) >= FAITHFUL


async def _points(
    model: Model, problem: Problem, library: Library, stage: Stage, document: str, find: CaseFinder | None
) -> list[Point]:
    reply = await _say(
        model, "draft_points", document=document, title=problem.title, stage=stage.title, goal=stage.goal,
        count=WRITTEN_POINTS,
    )  # fmt: skip
    known = {point.id for point in problem.points}
    backing = problem.stages[stage.id][0].sources
    accepted: list[Point] = []
    for row in _rows(reply):
        try:
            point = Point.model_validate({**row, "weight": 2, "sources": backing})
        except (ValidationError, TypeError):
            continue
        reading = Reading(Path())
        check_point(reading, "draft", point, library)
        if not reading.findings and point.id not in known:
            known.add(point.id)
            accepted.append(_backed(point, find))
    return accepted[:WRITTEN_POINTS]


def _rows(reply: str) -> list[Any]:
    """The JSON array in a reply, whatever stands around it."""
    start, end = reply.find("["), reply.rfind("]")
    try:
        rows = json.loads(reply[start : end + 1]) if 0 <= start < end else []
    except ValueError:
        return []
    return rows if isinstance(rows, list) else []


def _with_points(problem: Problem, stage: StageId, written: Sequence[Point]) -> Problem:
    """Written points replace the template's last ones, so that a stage keeps its size."""
    points = problem.stages[stage]
    kept = points[: max(1, len(points) - len(written))]
    return problem.model_copy(update={"stages": {**problem.stages, stage: (*kept, *written)}})
