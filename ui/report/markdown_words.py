"""What people and models said, as it may stand in our Markdown. PURE: strings in, strings out."""

from __future__ import annotations

import re


def harmless(words: str) -> str:
    """Words that show as they were said where they would open HTML, a picture or a heading."""
    return re.sub(r"<(?=[A-Za-z/!?])|!(?=\[)|^#", r"\\\g<0>", words, flags=re.MULTILINE)


def one_line(words: str) -> str:
    return harmless(" ".join(words.split()))
