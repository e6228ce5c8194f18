"""Takes `<think>...</think>` out of a reply while it streams. Text in, text out; knows no model and no connection."""

from __future__ import annotations

OPENING = "<think>"
CLOSING = "</think>"


class Reasoning:
    """Fed with the pieces of one reply, gives back what may be shown, however the pieces cut the tags.

    Blanks before the first word go too: they are what is left where a leading thought was.
    An unclosed thought hides all that follows it.
    """

    def __init__(self) -> None:
        self.stray = False
        """Whether a thought was closed that was never opened: then thoughts have been shown already."""
        self._inside = False
        self._begun = False
        self._held = ""

    def feed(self, piece: str) -> str:
        text, self._held = self._held + piece, ""
        shown = []
        while text:
            out, text = self._inner(text) if self._inside else self._outer(text)
            shown.append(out)
        return self._begin("".join(shown))

    def end(self) -> str:
        """What was held back because it might have become a tag, and did not."""
        held, self._held = self._held, ""
        return "" if self._inside else self._begin(held)

    def _outer(self, text: str) -> tuple[str, str]:
        """(what to show, what is still to be read) up to and past the next tag."""
        tags = [(at, tag) for tag in (OPENING, CLOSING) if (at := text.find(tag)) >= 0]
        if not tags:
            keep = max(_partial(text, OPENING), _partial(text, CLOSING))
            self._held = text[len(text) - keep :]
            return text[: len(text) - keep], ""
        at, tag = min(tags)
        self._inside = tag == OPENING
        self.stray = self.stray or tag == CLOSING
        return text[:at], text[at + len(tag) :]

    def _inner(self, text: str) -> tuple[str, str]:
        at = text.find(CLOSING)
        if at < 0:
            keep = _partial(text, CLOSING)
            self._held = text[len(text) - keep :]
            return "", ""
        self._inside = False
        return "", text[at + len(CLOSING) :]

    def _begin(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        return text


def _partial(text: str, tag: str) -> int:
    """Length of the longest end of `text` that is a beginning of `tag`, but not all of it."""
    return next((n for n in range(min(len(tag) - 1, len(text)), 0, -1) if tag.startswith(text[-n:])), 0)
