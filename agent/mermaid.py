"""A board as Mermaid flowchart text, in and out. PURE.

Read are nodes `[ ]`, `( )`, `[( )]`, `(( ))`, `{ }`, arrows with and without labels, chains, `&`, `:::kind` classes and
`kind: label`. Any other line is named by its number and left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.board import Board, Edge, kind_of
from knowledge.schema import ComponentKind

LONGEST = 1_000
"""Characters of a line; a longer one is not read."""
_LABEL = r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\[\](){}"|;]+?))\s*'
_SHAPES = tuple(
    (re.compile(re.escape(opens) + _LABEL + re.escape(closes)), kind)
    for opens, closes, kind in (
        ("[(", ")]", ComponentKind.DATABASE),
        ("((", "))", ComponentKind.CLIENT),
        ("[", "]", ComponentKind.SERVICE),
        ("(", ")", ComponentKind.SERVICE),
        ("{", "}", ComponentKind.SERVICE),
    )
)
"""How a shape is written, and the kind it stands for where nothing else tells."""
_ID = re.compile(r"\w+(?:[-.]\w+)*")
_CLASS = re.compile(r":::([\w-]+)")
_ARROW = re.compile(
    r"\s*(?P<back><)?(?:"
    r"--\s*(?P<plain>\"[^\"]*\"|[^-=.>|\s\"][^|\"]*?)\s*(?:--+>|---+)"
    r"|==\s*(?P<thick>\"[^\"]*\"|[^-=.>|\s\"][^|\"]*?)\s*(?:==+>|===+)"
    r"|-\.\s*(?P<dotted>\"[^\"]*\"|[^-=.>|\s\"][^|\"]*?)\s*\.+->?"
    r"|-->|--+>|---+|==+>|===+|-\.+->?"
    r")(?:\s*\|\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^|\"]*?))\s*\|)?\s*"
)
_AND = re.compile(r"\s*&\s*")
_END = re.compile(r"\s*(?:;\s*|$)")
_HEADER = re.compile(r"\s*(?:graph|flowchart)(?:\s+(?:LR|RL|TD|TB|BT))?\s*(?:;|$)")
_SILENT = re.compile(r"\s*(?:$|%%|```|(?:classDef|style|linkStyle)\b)")
"""Lines that draw nothing: blank, comments, fences, colours."""
_HEADS = {kind.words.lower(): kind for kind in ComponentKind} | {
    "app": ComponentKind.CLIENT,
    "api": ComponentKind.SERVICE,
    "ranker": ComponentKind.MODEL,
    "vector index": ComponentKind.ANN_INDEX,
    "vector database": ComponentKind.ANN_INDEX,
}
"""What a label that ends in these words is: a "ranking model" is a model."""
_RESERVED = frozenset(
    "end graph flowchart subgraph style class classDef click linkStyle direction default call href".split()
)
_SAFE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ENTITY = re.compile(r"#(?:(\d{1,7})|quot|lt|gt|amp);")
_NAMED = {"#quot;": '"', "#lt;": "<", "#gt;": ">", "#amp;": "&"}


@dataclass(frozen=True)
class Parsed:
    """`unread` are the lines that could not be read, by number from 1."""

    board: Board
    unread: tuple[tuple[int, str], ...] = ()


def parse(text: str) -> Parsed:
    """The board that a text draws. Never raises."""
    draft = _Draft()
    unread: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        rest = line[header.end() :] if (header := _HEADER.match(line)) else line
        if not _SILENT.match(rest) and (len(rest) > LONGEST or not draft.take(rest)):
            unread.append((number, line.strip()))
    return Parsed(draft.board(), tuple(unread))


@dataclass
class _Node:
    """A node as far as it is known: `label` and `shape` from its brackets, `kind` from a class."""

    label: str | None = None
    shape: ComponentKind = ComponentKind.SERVICE
    kind: ComponentKind | None = None


@dataclass
class _Draft:
    """The board under construction."""

    nodes: dict[str, _Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def take(self, line: str) -> bool:
        """Adds what a line draws; nothing of it where any part cannot be read."""
        nodes: Group = []
        edges: list[Edge] = []
        at = len(line) - len(line.lstrip())
        while at < len(line):
            end = _statement(line, at, nodes, edges)
            if end is None:
                return False
            at = end
        for ident, node in nodes:
            known = self.nodes.setdefault(ident, node)
            if node.label is not None:
                known.label, known.shape = node.label, node.shape
            known.kind = node.kind or known.kind
        self.edges += edges
        return True

    def board(self) -> Board:
        rows = []
        for ident, node in self.nodes.items():
            kind, label = _kind_and_label(ident if node.label is None else node.label, node)
            rows.append({"id": ident, "kind": kind.value, "label": label})
        return Board.of({"nodes": rows, "edges": [edge.model_dump() for edge in self.edges]})


Group = list[tuple[str, _Node]]


def _statement(line: str, at: int, nodes: Group, edges: list[Edge]) -> int | None:
    """Reads `A & B -->|label| C --> D` up to its end; where the next statement begins, or None."""
    left: Group = []
    arrow: re.Match[str] | None = None
    while group := _group(line, at):
        right, at = group
        nodes += right
        if arrow:
            edges += _edges(left, arrow, right)
        if end := _END.match(line, at):
            return end.end()
        if not (arrow := _ARROW.match(line, at)):
            return None
        left, at = right, arrow.end()
    return None


def _group(line: str, at: int) -> tuple[Group, int] | None:
    """`A & B`, and where it ends."""
    found: Group = []
    while read := _node(line, at):
        ident, node, at = read
        found.append((ident, node))
        if not (joined := _AND.match(line, at)):
            return found, at
        at = joined.end()
    return None


def _node(line: str, at: int) -> tuple[str, _Node, int] | None:
    if not (ident := _ID.match(line, at)) or ident[0] in _RESERVED:
        return None
    at = ident.end()
    node = _Node()
    for shape, kind in _SHAPES:
        if found := shape.match(line, at):
            node.label, node.shape, at = _decoded(found["quoted"] or found["bare"] or ""), kind, found.end()
            break
    if named := _CLASS.match(line, at):
        node.kind, at = kind_of(named[1]), named.end()
    return ident[0], node, at


def _edges(left: Group, arrow: re.Match[str], right: Group) -> list[Edge]:
    inside = next((arrow[name] for name in ("quoted", "bare", "plain", "thick", "dotted") if arrow[name]), "")
    label = _decoded(inside.strip('"'))
    found = [Edge(source=source, target=target, label=label) for source, _ in left for target, _ in right]
    back = [Edge(source=edge.target, target=edge.source, label=label) for edge in found] if arrow["back"] else []
    return [*found, *back]


def _kind_and_label(label: str, node: _Node) -> tuple[ComponentKind, str]:
    """A class tells the kind, else a prefix (`model: Ranker`), else the label's last words, else the shape."""
    if node.kind:
        return node.kind, label
    before, colon, after = label.partition(":")
    if colon and (kind := kind_of(before)):
        return kind, after.strip()
    words = re.sub(r"[_-]", " ", label.lower()).split()
    ends = (" ".join(words[-n:]) for n in (2, 1))
    return next((_HEADS[end] for end in ends if end in _HEADS), node.shape), label


def _decoded(label: str) -> str:
    def character(match: re.Match[str]) -> str:
        return _NAMED.get(match[0]) or (chr(int(match[1])) if int(match[1]) <= 0x10FFFF else match[0])

    return _ENTITY.sub(character, re.sub(r"<br\s*/?>", " ", label))


# --- out -------------------------------------------------------------------------------------------------------------

_BRACKETS = {
    ComponentKind.CLIENT: ("((", "))"),
    ComponentKind.DATABASE: ("[(", ")]"),
    ComponentKind.FEATURE_STORE: ("[(", ")]"),
    ComponentKind.ANN_INDEX: ("[(", ")]"),
    ComponentKind.CACHE: ("(", ")"),
    ComponentKind.QUEUE: ("(", ")"),
}


def write(board: Board) -> str:
    """Mermaid text that reads back as the same board; ids that Mermaid cannot have become `n1`, `n2` ..."""
    names = _names(board)
    rows = ["flowchart LR"]
    for node in board.nodes:
        opens, closes = _BRACKETS.get(node.kind, ("[", "]"))
        rows.append(
            f'    {names[node.id]}{opens}"{_encoded(node.label)}"{closes}:::{node.kind.value.replace("-", "_")}'
        )
    for edge in board.edges:
        label = f'|"{_encoded(edge.label)}"|' if edge.label else ""
        rows.append(f"    {names[edge.source]} -->{label} {names[edge.target]}")
    return "\n".join(rows)


def _names(board: Board) -> dict[str, str]:
    safe = {n.id for n in board.nodes if _SAFE_ID.fullmatch(n.id) and n.id not in _RESERVED}
    free = (name for n in range(1, 2 * len(board.nodes) + 1) if (name := f"n{n}") not in safe)
    return {node.id: node.id if node.id in safe else next(free) for node in board.nodes}


def _encoded(label: str) -> str:
    return re.sub(r'["#<>`&]', lambda match: f"#{ord(match[0])};", label)
