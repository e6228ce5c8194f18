"""Words: BM25 over word stems, counted once and kept. I/O only in `kept_words`.

The counted index is a cache in a folder named by a hash of all that went into it; deleting it loses only time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.cues import stem, stems

Floats = NDArray[np.float32]

K1, B = 1.5, 0.75
COUNT = "count"
"""File with the number of texts, and whether any word was counted."""
FORMAT = "2"
"""Changes whenever words are split, stemmed or weighed differently, so that kept counts are not used any more."""

_STOP_WORDS = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with "
    # What questions are made of (such a list gained .014 nDCG@10 over six sets).
    "what which who whom whose when where why how do does did can could should would may might must shall am been "
    "being were has have had i me my we us our you your he she his her its from about so than too very just also"
)


def content_stems(text: str) -> list[str]:
    """Word stems without stop words and question words, repeats kept."""
    return [word for word in stems(text) if word not in _stop_stems()]


class Words:
    """BM25 scores of texts for a query."""

    def __init__(self, bm25: Any, count: int):
        self.bm25 = bm25
        self.count = count

    def scores(self, query: str) -> Floats:
        """One score per text, 0 where no word of the query occurs."""
        wanted = content_stems(query)
        if self.bm25 is None or not wanted:
            return np.zeros(self.count, dtype=np.float32)
        return np.asarray(self.bm25.get_scores(wanted), dtype=np.float32)


def count_words(texts: Sequence[str]) -> Words:
    """Counts now, in memory."""
    import bm25s

    corpus = [content_stems(text) for text in texts]
    if not any(corpus):
        return Words(None, len(corpus))
    bm25 = bm25s.BM25(k1=K1, b=B)
    bm25.index(corpus, show_progress=False)
    return Words(bm25, len(corpus))


def kept_words(folder: Path, fingerprint: str, texts: Mapping[str, Callable[[], Sequence[str]]]) -> dict[str, Words]:
    """The words kept under `folder` for `fingerprint`, by name; else those of `texts`, kept from now on where possible.

    Older ones are removed. A folder that is damaged or cannot be written costs the time of counting, nothing else.
    """
    name = "words-" + hashlib.sha256("\0".join([FORMAT, fingerprint, *texts]).encode()).hexdigest()[:16]
    if words := _read(folder / name, texts):
        return words
    words = {part: count_words(make()) for part, make in texts.items()}
    with contextlib.suppress(OSError):
        _keep(words, folder, name)
    return words


def _read(path: Path, parts: Iterable[str]) -> dict[str, Words] | None:
    if not path.is_dir():
        return None
    import bm25s

    found = {}
    try:
        for part in parts:
            count, empty = (path / part / COUNT).read_text(encoding="ascii").split()
            bm25 = None if empty == "empty" else bm25s.BM25.load(path / part, mmap=False, show_progress=False)
            found[part] = Words(bm25, int(count))
    except Exception:  # whatever a damaged file makes of numpy and JSON
        return None
    return found


def _keep(words: Mapping[str, Words], folder: Path, name: str) -> None:
    for old in folder.glob("words-*"):
        shutil.rmtree(old, ignore_errors=True)
    if not folder.is_dir():
        return
    staging = folder / f"staging-words-{secrets.token_hex(4)}"
    try:
        for part, counted in words.items():
            (staging / part).mkdir(parents=True)
            if counted.bm25 is not None:
                counted.bm25.save(staging / part, show_progress=False)
            state = "empty" if counted.bm25 is None else "counted"
            (staging / part / COUNT).write_text(f"{counted.count} {state}", encoding="ascii")
        os.replace(staging, folder / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@cache
def _stop_stems() -> frozenset[str]:
    return frozenset(stem(word) for word in _STOP_WORDS.split())
