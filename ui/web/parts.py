"""Gradio components as all pages use them."""

from __future__ import annotations

from typing import Any

import gradio as gr

EVENT: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
    "trigger_mode": "multiple",
}
"""How every handler is attached. Private hides it from the listings only: each handler still checks who asks.

Gradio would otherwise drop a click that comes in the instant in which the event before it ends; doubles are refused by
the handlers.
"""


def block(markup: str = "", **options: Any) -> Any:
    """Markup of ours, with our style sheet alone and no script. Texts in it have gone through `markup.text`."""
    return gr.HTML(markup, apply_default_css=False, js_on_load=None, **options)
