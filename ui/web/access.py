"""Who may see which interview. The one place that turns a browser's cookie into an owner.

Today everybody is the single local user; named users replace `local_owner` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.errors import NotFound
from agent.interviewer import Interviewer
from agent.view import View

COOKIE = "hotseat"
"""Name of the browser's cookie: httpOnly, SameSite=Lax, a random value. A proxy may use it for stickiness."""
LOCAL = "local"

OwnerOf = Callable[[str], str]
"""From the cookie's value (empty where there is none) to the owner that the browser acts for."""


def local_owner(_cookie: str) -> str:
    return LOCAL


class Access:
    """Reads interviews on behalf of a browser. Every handler and route goes through it."""

    def __init__(self, interviewer: Interviewer, owner_of: OwnerOf = local_owner):
        self._interviewer = interviewer
        self._owner_of = owner_of

    def owner(self, cookies: Mapping[str, str]) -> str:
        return self._owner_of(cookies.get(COOKIE, ""))

    def view(self, interview: str, cookies: Mapping[str, str]) -> View:
        """Raises NotFound for an unknown id, and in the same words for an interview of somebody else."""
        try:
            view = self._interviewer.view(interview)
        except NotFound:
            raise NotFound(_MISSING) from None
        if view.setup.owner != self.owner(cookies):
            raise NotFound(_MISSING)
        return view


_MISSING = "There is no such interview here. The link may be mistyped, or it was made on another machine."
