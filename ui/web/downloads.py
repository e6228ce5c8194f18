"""Routes that are not pages: the health check, the report as a file, the button that makes a rewind."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from agent.errors import HotseatError, NotFound
from agent.interviewer import Interviewer
from ui.report.exporting import exported, gathered
from ui.report.format import Format
from ui.web.access import Access
from ui.web.report_html import NOT_YET, readable, withheld

_MEDIA = {
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.JSON: "application/json",
    Format.HTML: "text/html; charset=utf-8",
}
_NO_FORMAT = "A report is there as .md, .html and .json.\n"


def routes(interviewer: Interviewer, access: Access) -> APIRouter:
    """`/health`, and for the interview's owner `/report/ID.md`, `.json` and `.html`, and `/rewind/ID/TURN`."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.post("/rewind/{interview}/{turn}")
    async def rewind(interview: str, turn: int, request: Request) -> Response:
        try:
            access.view(interview, request.cookies)
            made = interviewer.rewind(interview, turn)
        except HotseatError as error:
            return _refusal(error)
        return RedirectResponse(f"../../interview?s={made}", status_code=303)

    @router.get("/report/{interview}.{form}")
    async def file(interview: str, form: str, request: Request) -> Response:
        if form not in set(Format):
            return PlainTextResponse(_NO_FORMAT, status_code=404)
        try:
            view = access.view(interview, request.cookies)
            if not readable(view):
                return PlainTextResponse(f"{NOT_YET}\n", status_code=409)
            body = exported(withheld(gathered(interviewer, interview)), Format(form))
        except HotseatError as error:
            return _refusal(error)
        name = f"hotseat-{view.problem.id}-{interview}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, media_type=_MEDIA[Format(form)], headers=headers)

    return router


def _refusal(error: HotseatError) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=404 if isinstance(error, NotFound) else 503)
