"""Routes that are not pages: the health check and the report as a file."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from agent.errors import HotseatError, NotFound
from agent.interviewer import Interviewer
from ui.render import markdown, played
from ui.web.access import Access
from ui.web.report_html import NOT_YET, readable


def routes(interviewer: Interviewer, access: Access) -> APIRouter:
    """`/health`, `/report/ID.md` and `/report/ID.json`; the latter two only for the interview's owner."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/report/{interview}.md")
    async def as_markdown(interview: str, request: Request) -> Response:
        return _file(interview, "md", request)

    @router.get("/report/{interview}.json")
    async def as_json(interview: str, request: Request) -> Response:
        return _file(interview, "json", request)

    def _file(interview: str, ending: str, request: Request) -> Response:
        try:
            view = access.view(interview, request.cookies)
        except HotseatError as error:
            return PlainTextResponse(f"{error}\n", status_code=404 if isinstance(error, NotFound) else 503)
        if not readable(view):
            return PlainTextResponse(f"{NOT_YET}\n", status_code=409)
        card = interviewer.score(view)
        if ending == "md":
            body, kind = markdown(interview, view, card, interviewer.library), "text/markdown; charset=utf-8"
        else:
            body = json.dumps(played(interview, view, card), indent=2, ensure_ascii=False) + "\n"
            kind = "application/json"
        name = f"hotseat-{view.problem.id}-{interview}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, media_type=kind, headers=headers)

    return router
