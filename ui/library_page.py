"""The library at a glance, as one Markdown page. PURE: a library in, text out; `docs/knowledge.md` is its output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from knowledge.library import Library
from knowledge.schema import Case, Problem, Verification

COMMAND = "hotseat knowledge page --out docs/knowledge.md"
_VERIFIED = {
    Verification.FULL: "read whole",
    Verification.PART: "read in part",
    Verification.ABSTRACT: "abstract or opening read",
    Verification.SECOND_HAND: "second-hand",
}


def counts(library: Library) -> dict[str, int]:
    """What the library holds, by kind."""
    return {
        "problems": len(library.problems),
        "points": sum(len(problem.points) for problem in library.problems.values()),
        "concepts": len(library.notes),
        "cases": len(library.cases),
        "passages": len(library.passages),
    }


def page(library: Library) -> str:
    """The whole page. Links are relative to `docs/`."""
    held = counts(library)
    lines = [
        "# The library",
        "",
        f"Made by `{COMMAND}`; not edited by hand.",
        "",
        f"{held['problems']} problems with {held['points']} points, {held['concepts']} concept notes and "
        f"{held['cases']} cases, cut into {held['passages']} passages for retrieval. How to add to it: "
        "[knowledge/README.md](../knowledge/README.md).",
        "",
        "## Problems",
        "",
        *_table(
            ("Problem", "Points", "Facts", "Wrong claims", "Curveballs", "Cases cited"),
            (_problem(problem, library) for problem in library.problems.values()),
        ),
        "",
        "What each asks the candidate to do:",
        "",
        *(f"- **{problem.title}.** {problem.summary}" for problem in library.problems.values()),
        "",
        "## Concept notes",
        "",
        *_table(("Note", "Also called", "Problems that lean on it"), _notes(library)),
        "",
        "## Cases",
        "",
        "How much of the source was read before it was summarised: "
        + ", ".join(
            f"{_VERIFIED[kind]} {sum(_is(case, kind) for case in library.cases.values())}" for kind in _VERIFIED
        )
        + ".",
        "",
        *_table(("Organisation", "Case", "Year", "Source", "Serves"), _cases(library)),
    ]
    return "\n".join(lines) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _problem(problem: Problem, library: Library) -> tuple[str, ...]:
    points = problem.points
    cited = {source for point in points for source in point.sources} & library.cases.keys()
    wrong = sum(len(point.misconceptions) for point in points)
    numbers = (len(points), len(problem.facts), wrong, len(problem.curveballs), len(cited))
    return (f"[{problem.title}](../knowledge/problems/{problem.id}.yaml)", *map(str, numbers))


def _notes(library: Library) -> Iterator[tuple[str, ...]]:
    for note in library.notes.values():
        users = sum(
            any(note.head.id in point.sources for point in problem.points) for problem in library.problems.values()
        )
        yield f"[{note.head.title}](../knowledge/concepts/{note.head.id}.md)", ", ".join(note.head.aliases), str(users)


def _cases(library: Library) -> Iterator[tuple[str, ...]]:
    for case in sorted(library.cases.values(), key=lambda case: (case.head.organisation.lower(), case.head.year)):
        head = case.head
        source = f"[{head.source.kind}]({head.source.url}), {_VERIFIED[head.source.verified]}"
        serves = ", ".join([*head.problems, *head.concepts])
        yield head.organisation, f"[{head.title}](../knowledge/cases/{head.id}.md)", str(head.year), source, serves


def _is(case: Case, kind: Verification) -> bool:
    return case.head.source.verified is kind
