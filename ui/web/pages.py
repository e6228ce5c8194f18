"""The three pages as one Gradio app: theme, style, script, routes. Imported by `server.create_app` only."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from ui.assembly import Assembly
from ui.report.document import STYLE
from ui.web import interview, lobby, report
from ui.web.access import Access
from ui.web.runs import Runs

ASSETS = Path(__file__).parent / "assets"
MOST_EVENTS = 1000
"""Events that may run at once. Gradio's own limit of 40 makes the forty-first page wait (research: ui 0.3)."""


def mount(app: FastAPI, assembly: Assembly, runs: Runs, access: Access) -> FastAPI:
    """Puts the pages at the root of `app`."""
    blocks = build(assembly, runs, access)
    blocks.queue(default_concurrency_limit=None, api_open=False)
    blocks.max_threads = MOST_EVENTS
    blocks._queue.max_thread_count = MOST_EVENTS
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="SSR mode is not supported")  # nobody asked for it
        return _mounted(app, blocks)


def _mounted(app: FastAPI, blocks: Any) -> FastAPI:
    script = (ASSETS / "page.js").read_text(encoding="utf-8")
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        blocks,
        path="",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        mcp_server=False,
        theme=theme(),
        css_paths=[STYLE, ASSETS / "page.css"],
        head=f"<script>{script}</script>",
    )
    return mounted


def build(assembly: Assembly, runs: Runs, access: Access) -> Any:
    """The Blocks with its routes, not yet served."""
    interviewer = assembly.interviewer
    with gr.Blocks(title="Hotseat", analytics_enabled=False) as blocks:
        lobby.Page(assembly, access).build(blocks)
    with blocks.route("Interview", "/interview", show_in_navbar=False):
        interview.Page(interviewer, runs, access).build(blocks)
    with blocks.route("Report", "/report", show_in_navbar=False):
        report.Page(interviewer, runs, access).build(blocks)
    return blocks


def theme() -> Any:
    """Teal on stone. The fonts come with Gradio; only these weights of them are whole (research: ui 0.10)."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
    ).set(
        body_background_fill="#faf9f7",
        body_background_fill_dark="#171514",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_label_text_weight="700",
        block_title_text_weight="700",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#115e59",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="#2dd4bf",
        button_primary_background_fill_hover_dark="#5eead4",
        button_primary_text_color_dark="#042f2e",
        input_background_fill="#ffffff",
        input_background_fill_dark="#211e1c",
    )
