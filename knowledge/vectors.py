"""Keeps vectors of texts that do not change between starts. A cache in files: deleting it loses only time.

A batch of texts is one file, named by the SHA-256 of the embedder's name and the texts: another embedder or a changed
text is another file. A file that cannot be read or written is embedded anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder

CHUNK = 32
Progress = Callable[[int, int], None]


class VectorCache:
    """Vectors under `folder`; without one, in memory only."""

    def __init__(self, embedder: Embedder, folder: Path | None):
        self._embedder = embedder
        self._folder = folder

    def embed(self, texts: Sequence[str], progress: Progress = lambda done, total: None) -> NDArray[np.float32]:
        """One row per text. `progress` is called with texts done and texts in all, only when there is work to do."""
        if (known := self._read(texts)) is not None:
            return known
        rows = []
        for start in range(0, len(texts), CHUNK):
            rows.append(self._embedder.embed(texts[start : start + CHUNK]))
            progress(min(start + CHUNK, len(texts)), len(texts))
        vectors = np.concatenate(rows)
        self._write(texts, vectors)
        return vectors

    def _path(self, texts: Sequence[str]) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256("\0".join([self._embedder.name, *texts]).encode()).hexdigest()
        return self._folder / f"{digest[:32]}.npy"

    def _read(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        path = self._path(texts)
        if path is None:
            return None
        try:
            vectors = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        good = vectors.shape == (len(texts), self._embedder.dimension) and vectors.dtype == np.float32
        return vectors if good else None

    def _write(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        path = self._path(texts)
        if path is None:
            return
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "wb") as part:
                np.save(part, vectors, allow_pickle=False)
            os.replace(name, path)
