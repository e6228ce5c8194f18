"""Cue phrases: what a candidate would literally say, matched on word stems. PURE: text in, matches out.

A cue is a few words. They match a sentence that contains them in order with at most `GAP` other words between
neighbours; `...` in a cue allows any distance within the sentence. Case, punctuation and word endings do not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

GAP = 2
"""Other words allowed between two neighbouring words of a cue ("point in time" matches "point right in time")."""

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+", re.UNICODE)
"""A number or a run of letters: "20ms" is two words, like "20 ms"."""
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\b[ap]\.m\.)\s+|\n+")
_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    return str(_stemmer.stemWord(word))


def stems(text: str) -> tuple[str, ...]:
    """Lower-case word stems; apostrophes vanish ("don't" is "dont"), hyphens separate."""
    plain = text.lower().replace("'", "").replace("’", "")
    return tuple(stem(word) for word in _WORD.findall(plain))


def sentences(text: str) -> tuple[str, ...]:
    """Sentences as exact substrings of `text`, in order, without surrounding blanks."""
    return tuple(piece.strip() for piece in _SENTENCE_END.split(text) if piece and _WORD.search(piece))


@dataclass(frozen=True)
class Cue:
    """A compiled cue: runs of stems; runs may lie any distance apart, words of a run at most `GAP`."""

    text: str
    runs: tuple[tuple[str, ...], ...]

    def matches(self, sentence: tuple[str, ...]) -> bool:
        start = 0
        for run in self.runs:
            end = _find(run, sentence, start)
            if end < 0:
                return False
            start = end
        return True


@lru_cache(maxsize=20_000)
def compile_cue(text: str) -> Cue:
    """Raises ValueError for a cue without words."""
    runs = tuple(run for part in re.split(r"\.\.\.|…", text) if (run := stems(part)))
    if not runs:
        raise ValueError(f"cue {text!r} contains no word")
    return Cue(text=text, runs=runs)


def first_match(cues: tuple[str, ...], sentence: str) -> str | None:
    """The first cue that `sentence` matches, or None."""
    words = stems(sentence)
    return next((cue for cue in cues if compile_cue(cue).matches(words)), None)


def _find(run: tuple[str, ...], sentence: tuple[str, ...], start: int) -> int:
    """Index just past the first match of `run` in `sentence[start:]`, or -1."""
    for at in range(start, len(sentence)):
        if sentence[at] == run[0] and (end := _follow(run, sentence, at)) >= 0:
            return end
    return -1


def _follow(run: tuple[str, ...], sentence: tuple[str, ...], at: int) -> int:
    reached = {at}
    for word in run[1:]:
        near = {i for r in reached for i in range(r + 1, min(r + 2 + GAP, len(sentence)))}
        reached = {i for i in near if sentence[i] == word}
        if not reached:
            return -1
    return min(reached) + 1
