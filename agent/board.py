"""The whiteboard as a candidate drew it: typed nodes, labelled edges, and the lines that can be quoted from it. PURE.

Not here: Mermaid text (`mermaid.py`), and what a board says beside the words and the problem (`drawing.py`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from knowledge.schema import ComponentKind, Value

MOST_NODES = 200
MOST_EDGES = 400
LABEL_CHARACTERS = 80
MOST_STORED = 200_000
"""Characters of JSON up to which a board is stored as it was sent; twice what the largest board needs."""


class Node(Value):
    id: str
    kind: ComponentKind
    label: str

    @property
    def name(self) -> str:
        """How the node is called in lines: `Ranker (model)`."""
        return f"{self.label} ({self.kind.words})"


class Edge(Value):
    """An arrow. Candidates draw calls and flows of data alike, so its direction alone says little."""

    source: str
    target: str
    label: str = ""


class Board(Value):
    """Every edge joins two nodes of the board; ids are unique."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    @staticmethod
    def of(raw: object) -> Board:
        """The board in whatever a page or a script sent. Never raises: what cannot be read is left out."""
        sent = raw if isinstance(raw, dict) else {}
        nodes: dict[str, Node] = {}
        for row in _rows(sent.get("nodes"), MOST_NODES):
            if ident := _id(row.get("id")):
                kind = kind_of(row.get("kind")) or ComponentKind.NOTE
                nodes.setdefault(ident, Node(id=ident, kind=kind, label=_plain(row.get("label")) or kind.words))
        found = (
            Edge(source=_id(row.get("source")), target=_id(row.get("target")), label=_plain(row.get("label")))
            for row in _rows(sent.get("edges"), MOST_EDGES)
        )
        edges = dict.fromkeys(edge for edge in found if edge.source in nodes and edge.target in nodes)
        return Board(nodes=tuple(nodes.values()), edges=tuple(edges))


def storable(raw: dict[str, Any] | None) -> dict[str, Any] | None:
    """A board as it may be stored: as it was sent, places of the nodes included, where that is JSON of a fair size."""
    try:
        if raw is None or len(json.dumps(raw, allow_nan=False, ensure_ascii=False).encode()) <= MOST_STORED:
            return raw
    except (TypeError, ValueError, RecursionError):
        pass
    return Board.of(raw).model_dump(mode="json")


def kind_of(word: object) -> ComponentKind | None:
    """The kind that a word names, however it joins its parts ("feature_store")."""
    known = re.sub(r"[ _]", "-", _plain(word).lower())
    return ComponentKind(known) if known in set(ComponentKind) else None


def _rows(sent: object, most: int) -> Iterable[dict[Any, Any]]:
    return (row for row in sent[:most] if isinstance(row, dict)) if isinstance(sent, list | tuple) else ()


def _id(value: object) -> str:
    return str(value) if type(value) is int and abs(value) < 10**9 else _plain(value)


def _plain(value: object) -> str:
    """One line of visible characters; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    kinds = ((character, unicodedata.category(character)) for character in value[: 10 * LABEL_CHARACTERS])
    visible = (" " if kind in {"Cc", "Zl", "Zp"} else c for c, kind in kinds if kind[0] != "C" or kind == "Cc")
    return " ".join("".join(visible).split())[:LABEL_CHARACTERS].strip()


# --- lines -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One thing drawn, as it can be quoted. `nodes` are the nodes it names, `says` is the label of its arrow."""

    text: str
    nodes: tuple[Node, ...]
    says: str = ""


def drawn(board: Board) -> tuple[Line, ...]:
    """A line per edge, then one per node without any edge. Two may read the same."""
    by_id = {node.id: node for node in board.nodes}
    joined = {end for edge in board.edges for end in (edge.source, edge.target)}
    found = [_line(by_id[edge.source], by_id[edge.target], edge.label) for edge in board.edges]
    found += [Line(node.name, (node,)) for node in board.nodes if node.id not in joined]
    return tuple(found)


def lines(board: Board) -> tuple[str, ...]:
    """What can be quoted from a board, each once."""
    return tuple(dict.fromkeys(line.text for line in drawn(board)))


def _line(source: Node, target: Node, label: str) -> Line:
    says = f": {label}" if label else ""
    return Line(f"{source.name} -> {target.name}{says}", (source, target), label)


def fresh(before: Board, after: Board) -> tuple[Line, ...]:
    """The lines that were not there before. A box that only lost its arrows is not new."""
    known = {*lines(before), *(node.name for node in before.nodes)}
    new = {line.text: line for line in drawn(after) if line.text not in known}
    return tuple(new.values())


# --- changes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changes:
    """What differs between two boards. A relabelled thing is a pair, before and after; another kind relabels a node."""

    nodes_added: tuple[Node, ...] = ()
    nodes_removed: tuple[Node, ...] = ()
    nodes_relabelled: tuple[tuple[Node, Node], ...] = ()
    edges_added: tuple[Edge, ...] = ()
    edges_removed: tuple[Edge, ...] = ()
    edges_relabelled: tuple[tuple[Edge, Edge], ...] = ()

    def __bool__(self) -> bool:
        return self != Changes()


def changed(before: Board, after: Board) -> Changes:
    """What was added, removed and relabelled; the order in which things are listed is no change."""
    old, new = ({node.id: node for node in board.nodes} for board in (before, after))
    gone, come, renamed = _edges_changed(before, after)
    return Changes(
        nodes_added=tuple(node for node in after.nodes if node.id not in old),
        nodes_removed=tuple(node for node in before.nodes if node.id not in new),
        nodes_relabelled=tuple((old[n.id], n) for n in after.nodes if n.id in old and old[n.id] != n),
        edges_added=tuple(come),
        edges_removed=tuple(gone),
        edges_relabelled=tuple(renamed),
    )


def _edges_changed(before: Board, after: Board) -> tuple[list[Edge], list[Edge], list[tuple[Edge, Edge]]]:
    """Removed, added, relabelled. Of the arrows between the same two nodes, those with equal labels are the same."""
    ends: dict[tuple[str, str], tuple[list[Edge], list[Edge]]] = defaultdict(lambda: ([], []))
    for side, here, there in ((0, before, after), (1, after, before)):
        known = set(there.edges)
        for edge in here.edges:
            if edge not in known:
                ends[edge.source, edge.target][side].append(edge)
    gone: list[Edge] = []
    come: list[Edge] = []
    renamed: list[tuple[Edge, Edge]] = []
    for old, new in ends.values():
        both = min(len(old), len(new))
        renamed += zip(old[:both], new[:both], strict=True)
        gone += old[both:]
        come += new[both:]
    return gone, come, renamed


# --- what is unconnected ---------------------------------------------------------------------------------------------


class GapKind(StrEnum):
    """What is missing around a node."""

    UNWRITTEN = "unwritten"
    UNREAD = "unread"
    UNFED = "unfed"
    WATCHES_NOTHING = "watches-nothing"
    ALONE = "alone"


@dataclass(frozen=True)
class Gap:
    """A node with something missing around it; `line` is the first line of the board that names it."""

    kind: GapKind
    node: Node
    line: str


_WRITTEN = frozenset({ComponentKind.FEATURE_STORE, ComponentKind.ANN_INDEX})
_KEEPS = _WRITTEN | {ComponentKind.DATABASE, ComponentKind.CACHE}
_FILLS = frozenset({ComponentKind.BATCH_JOB, ComponentKind.STREAM_JOB, ComponentKind.QUEUE, ComponentKind.DATABASE})
_READS = re.compile(
    r"\b(reads?|fetch\w*|gets?|look\s?-?ups?|look(s|ed)? up|quer(y|ies|ied)|search\w*|retriev\w*|loads?|serv\w+|pulls?|"
    r"consum\w*|neighbou?rs?|top[- ]?k|knn)\b",
    re.IGNORECASE,
)
_WRITES = re.compile(
    r"\b(writ\w+|updat\w*|upserts?|ingest\w*|push(es|ed)?|index(es|ed|ing)|materiali[sz]\w*|stor(es|ed|ing)|saves?|"
    r"publish\w*|refresh\w*|(re)?builds?|inserts?|backfill\w*|comput(es|ed)|aggregat(es|ed)|embeds|fills?|populat\w*|"
    r"syncs?|increments?)\b",
    re.IGNORECASE,
)


def unconnected(board: Board) -> tuple[Gap, ...]:
    """What lacks an arrow, the most telling first. Notes need none, and arrows to them connect nothing.

    An unlabelled arrow between a service and a store may write or read, so it counts as both.
    """
    first: dict[str, str] = {}
    around: dict[str, list[Line]] = defaultdict(list)
    for line in drawn(board):
        ids = {node.id for node in line.nodes}
        for ident in ids:
            first.setdefault(ident, line.text)
            if len(ids) == 2 and not any(node.kind is ComponentKind.NOTE for node in line.nodes):
                around[ident].append(line)
    found = ((node, _gap(node, around[node.id])) for node in board.nodes if node.kind is not ComponentKind.NOTE)
    gaps = [Gap(kind, node, first[node.id]) for node, kind in found if kind]
    return tuple(sorted(gaps, key=lambda gap: list(GapKind).index(gap.kind)))


def _gap(node: Node, around: list[Line]) -> GapKind | None:
    if not around:
        return GapKind.WATCHES_NOTHING if node.kind is ComponentKind.MONITORING else GapKind.ALONE
    if node.kind in _WRITTEN and not any(_may_write(node, line) for line in around):
        return GapKind.UNWRITTEN
    if node.kind in _WRITTEN and not any(_may_read(node, line) for line in around):
        return GapKind.UNREAD
    if node.kind is ComponentKind.MODEL and not any(_may_feed(node, line) for line in around):
        return GapKind.UNFED
    return None


def _may_write(store: Node, arrow: Line) -> bool:
    source, target = arrow.nodes
    if _READS.search(arrow.says) or _WRITES.search(arrow.says):
        return bool(_WRITES.search(arrow.says))
    reader = source.kind is ComponentKind.MODEL and store.kind is ComponentKind.FEATURE_STORE
    return target == store and not reader


def _may_read(store: Node, arrow: Line) -> bool:
    source, _ = arrow.nodes
    if source == store or _READS.search(arrow.says):
        return True
    return source.kind not in _FILLS and not _WRITES.search(arrow.says)


def _may_feed(model: Node, arrow: Line) -> bool:
    source, target = arrow.nodes
    if target == model:
        return source.kind is not ComponentKind.MONITORING
    return target.kind in _KEEPS or bool(_READS.search(arrow.says))
