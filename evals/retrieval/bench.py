"""`hotseat bench retrieval`: quality on our golden queries and on public collections, and speed. Prints one table each.

Nothing is remembered between runs but vectors, under the data folder; figures are of this machine, now.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.retrieval import quality, speed
from evals.retrieval.collections import COLLECTIONS, Unobtainable
from evals.retrieval.golden import read_golden
from evals.retrieval.metrics import mean
from evals.retrieval.quality import SYSTEMS, Quality, Task, golden_task, public_task
from evals.retrieval.speed import Speed
from knowledge.embedding import MiniLM
from knowledge.index import Progress
from knowledge.library import Library

OURS = "golden, test half"
TUNING = "golden, tuning half"
Phase = Callable[[str], Progress]
"""Announces a piece of work by name and gives its progress."""


@dataclass(frozen=True)
class Bench:
    """What was measured, when and where."""

    when: str
    machine: str
    quality: dict[str, dict[str, Quality]]
    sizes: dict[str, int]
    """Judged queries per task."""
    average: dict[str, Quality]
    """Over the public collections and our test half; the tuning half is shown and not counted."""
    speed: tuple[Speed, ...]
    missing: tuple[str, ...]
    """Public collections that could not be had, with the reason."""

    def row(self) -> dict[str, Any]:
        return asdict(self)


def run(library: Library, home: Path, phase: Phase, *, large: bool = True, public: bool = True) -> Bench:
    """Everything, or without the 100,000 passages (two minutes), or without what has to be downloaded."""
    embedder = MiniLM()
    tasks, missing = _tasks(library, home, phase, public=public)
    measured = {
        task.name: quality.measure(task, embedder, home / "bench" / _slug(task.name), phase(task.name))
        for task in tasks
    }
    counted = [name for name in measured if name != TUNING]
    average = {
        system: Quality(
            mean([measured[name][system].recall for name in counted]),
            mean([measured[name][system].ndcg for name in counted]),
        )
        for system in SYSTEMS
    }
    return Bench(
        when=datetime.now(UTC).date().isoformat(),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        quality=measured,
        sizes={task.name: len(task.queries) for task in tasks},
        average=average,
        speed=tuple(_speeds(library, embedder, phase, large=large)),
        missing=tuple(missing),
    )


def _tasks(library: Library, home: Path, phase: Phase, *, public: bool) -> tuple[list[Task], list[str]]:
    tasks = [
        golden_task(OURS, library, read_golden("test")),
        golden_task(TUNING, library, read_golden("tuning")),
    ]
    missing = []
    for collection in COLLECTIONS if public else ():
        try:
            tasks.append(public_task(collection.name, collection.get(home / "bench", phase(collection.name))))
        except Unobtainable as error:
            missing.append(f"{collection.name}: {error}")
    return tasks, missing


def _speeds(library: Library, embedder: MiniLM, phase: Phase, *, large: bool) -> list[Speed]:
    queries = [one.query for half in ("tuning", "test") for one in read_golden(half)]
    folder = Path(tempfile.mkdtemp(prefix="hotseat-bench-"))
    try:
        problems = tuple(library.problems.values())
        progress = phase("shipped size")
        found = [speed.measure(library.passages, problems, embedder, queries, folder / "shipped", progress)]
        if large:
            progress = phase(f"{speed.LARGE:,} passages")
            passages, known = speed.made_up(library.passages, embedder, speed.LARGE, progress)
            found.append(speed.measure(passages, problems, known, queries, folder / "large", progress))
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tables(bench: Bench) -> str:
    """Both tables, as Markdown."""
    lines = [f"Measured on {bench.when}: {bench.machine}.", ""]
    lines += ["nDCG@10 / recall@5 | queries | " + " | ".join(SYSTEMS), "---|--:|" + "--:|" * len(SYSTEMS)]
    for name, row in bench.quality.items():
        lines.append(f"{name} | {bench.sizes[name]} | " + " | ".join(_cell(row[system]) for system in SYSTEMS))
    lines.append("average without the tuning half | | " + " | ".join(_cell(bench.average[one]) for one in SYSTEMS))
    lines += ["", "passages | build s | start s | opening Chroma s | query p50 ms | p95 ms | recall@50 of exact"]
    lines.append("--:|" * 7)
    lines += [
        f"{row.passages:,} | {row.build_s:.1f} | {row.start_s:.2f} | {row.open_s:.2f} | {row.p50_ms:.1f} | "
        f"{row.p95_ms:.1f} | {row.recall:.3f}"
        for row in bench.speed
    ]
    lines += [f"not run: {line}" for line in bench.missing]
    return "\n".join(lines)


def _cell(found: Quality) -> str:
    return f"{found.ndcg:.3f} / {found.recall:.3f}"


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
