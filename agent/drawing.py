"""What a drawing says: which points it shows, and what of the problem's own board it has. PURE."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.board import Board, Line, Node
from agent.coverage import FEATURES, Calibration, Embed, Rubric, evidential, judgements, log_odds, measure
from agent.depth import depth
from agent.events import Cell, Depth
from agent.inbound import is_instruction
from agent.judgement import Judge
from knowledge.cues import first_match
from knowledge.schema import ComponentKind, Problem, StageId

MOST_READ = 80
"""Lines of one turn that are read: embedding them takes about as long as a long answer."""


# --- what it shows ---------------------------------------------------------------------------------------------------


def read_lines(
    lines: Sequence[Line],
    rubric: Rubric,
    embed: Embed,
    judge: Judge,
    calibration: Calibration,
    *,
    asked: str | None = None,
    here: StageId | None = None,
    question: str = "",
) -> tuple[Cell, ...]:
    """Cells of what was drawn, read like sentences; a box names at most, a labelled arrow explains at most."""
    told = [line for line in lines[:MOST_READ] if _evidential(line, question)]
    if not told:
        return ()
    scores = measure(tuple(line.text for line in told), rubric, embed)
    judged = judgements(scores, rubric, judge, calibration, asked, question)[:, :, 0]
    cued = scores.features[:, :, FEATURES.index("cue")] > 0
    odds = _sober(log_odds(scores, judged, rubric, calibration, asked, here), cued, told, calibration)
    cells = []
    for column, point in enumerate(rubric.points):
        line = told[int(odds[:, column].argmax())]
        probability = float(1 / (1 + np.exp(-odds[:, column].max())))
        if probability < calibration.unsure:
            continue
        state: Literal["shown", "unsure"] = "shown" if probability >= calibration.shown else "unsure"
        deep = min(depth(line.says), Depth.EXPLAINED, key=lambda d: d.rank)
        likely = round(probability, 4)
        cells.append(Cell(point=point, state=state, depth=deep, quote=line.text, source="board", probability=likely))
    return tuple(cells)


def _sober(
    odds: NDArray[np.float64], cued: NDArray[np.bool_], told: list[Line], by: Calibration
) -> NDArray[np.float64]:
    """ln(p / 1-p) that a line shows a point, (lines, points), with the doubts that a drawing deserves.

    Lines have few words, and vectors of few words are near to much: only a line that a cue matches shows a point, and
    one without words of its own (no label, no note) is not even unsure without a cue.
    """
    worded = np.array([[bool(line.says) or line.nodes[0].kind is ComponentKind.NOTE] for line in told])
    almost = math.log(by.shown / (1 - by.shown)) - 0.01
    return np.where(cued, odds, np.where(worded, np.minimum(odds, almost), -20.0))


def _evidential(line: Line, question: str) -> bool:
    """Whether a line can be evidence: judged as one sentence, whatever stops its labels contain."""
    if any(is_instruction(label) for label in (*(node.label for node in line.nodes), line.says)):
        return False
    return bool(evidential(re.sub(r"[.!?]+(?=\s)", ",", line.text), question))


def merged(words: Sequence[Cell], board: Sequence[Cell]) -> tuple[Cell, ...]:
    """One cell per point: what the board shows counts where the words show less."""
    best = {cell.point: cell for cell in words}
    for cell in board:
        if cell.point not in best or _worth(cell) > _worth(best[cell.point]):
            best[cell.point] = cell
    return tuple(best.values())


def _worth(cell: Cell) -> tuple[bool, float]:
    """Shown before unsure; of the shown the deeper, of the unsure the likelier."""
    shown = cell.state == "shown"
    return shown, cell.depth.rank if shown else cell.probability


# --- what of the problem's board it has ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """A drawn board beside the problem's own: ids of components, and links as pairs of them. For the report only."""

    there: tuple[str, ...]
    missing: tuple[str, ...]
    linked: tuple[tuple[str, str], ...]
    unlinked: tuple[tuple[str, str], ...]


_TELLING = frozenset(
    {
        ComponentKind.CLIENT,
        ComponentKind.FEATURE_STORE,
        ComponentKind.CACHE,
        ComponentKind.ANN_INDEX,
        ComponentKind.MONITORING,
    }
)
"""Kinds of which a problem's only component is meant, whatever its name ("Redis")."""


def expected(problem: Problem, board: Board) -> Expected:
    """Which components and links of the problem's board were drawn. An arrow counts whichever way it points."""
    meant = {node.id: _meant(problem, node) for node in board.nodes}
    there = {component for components in meant.values() for component in components}
    pairs = {frozenset((one, other)) for e in board.edges for one in meant[e.source] for other in meant[e.target]} | {
        frozenset((one, other)) for components in meant.values() for one in components for other in components
    }
    every = tuple(component.id for component in problem.board.components)
    links = problem.board.links
    return Expected(
        there=tuple(c for c in every if c in there),
        missing=tuple(c for c in every if c not in there),
        linked=tuple(link for link in links if frozenset(link) in pairs),
        unlinked=tuple(link for link in links if frozenset(link) not in pairs),
    )


def _meant(problem: Problem, node: Node) -> tuple[str, ...]:
    """Components that a node stands for: by its words, those of its own kind first; else the only one of its kind."""
    named = [c for c in problem.board.components if first_match(c.cues, node.label)]
    same = [c.id for c in problem.board.components if c.kind is node.kind]
    own = [c.id for c in named if c.id in same]
    if not named and node.kind in _TELLING and len(same) == 1:
        return tuple(same)
    return tuple(own or (c.id for c in named))
