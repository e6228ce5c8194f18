"""The report as one HTML file that asks for nothing: no script, no address, its style inside. Reads its style sheets.

The content policy in its head repeats that to the browser: were text ever to become markup, it could still not run,
load or send anything.
"""

from __future__ import annotations

from pathlib import Path

from ui.markup import text
from ui.report.contents import Report, about, began
from ui.report.html import sections

HERE = Path(__file__).parent
STYLE = HERE / "style.css"
"""Colours and what the report shares with the pages."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def document(report: Report) -> str:
    """The whole file."""
    title = text(report.view.problem.title)
    style = "".join(path.read_text(encoding="utf-8") for path in (STYLE, HERE / "document.css"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: interview {text(report.interview)}</title>\n<style>\n{style}</style></head>\n"
        f'<body><main class="hs-report">{_head(report, title)}{sections(report)}{_foot(report)}</main></body></html>\n'
    )


def _head(report: Report, title: str) -> str:
    chosen = text(f"{about(report.view)} · {began(report)}")
    still = "" if report.view.ended else '<p class="hs-notice">The interview was still open: this is how it stood.</p>'
    return f'<header class="hs-head"><h1>{title}</h1><p>{chosen}</p></header>{still}'


def _foot(report: Report) -> str:
    made = f" · {text(report.command)}" if report.command else ""
    return f'<footer class="foot">Hotseat {text(report.version)} · interview {text(report.interview)}{made}</footer>'
