"""Text as it may stand inside our HTML. PURE: strings in, strings out.

`gr.HTML` renders its value as HTML and passes its template through two template languages; one of them evaluates
JavaScript. Escaping the markup is therefore not enough: the characters that open a template are neutralised as well,
in case a value is ever put where a template is read.
"""

from __future__ import annotations

import html

_TEMPLATE_CHARACTERS = str.maketrans({c: f"&#{ord(c)};" for c in "$`\\{}"})


def text(raw: str) -> str:
    """Any text, as visible characters and nothing else; also safe inside a quoted attribute."""
    return html.escape(raw, quote=True).translate(_TEMPLATE_CHARACTERS)


def verbatim(raw: str) -> str:
    """Any text for a Chatbot without Markdown, which renders its messages as (sanitised) HTML all the same.

    Quotation marks stay: a Chatbot puts the message into a label for screen readers too, where entities are read out.
    """
    return html.escape(raw, quote=False)


def one_line(raw: str) -> str:
    """`text` with every run of blanks and line ends as one blank."""
    return text(" ".join(raw.split()))
