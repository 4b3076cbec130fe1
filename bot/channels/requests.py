"""What a stranger may send at all: size, shape and origin of a request, before anybody reads it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

BODY_LIMIT = 64 * 1024  # a very long message still gets the sentence that says it is too long
TOKEN = re.compile(r"[\x21-\x7e]{1,200}")  # session, choice and client id: opaque, printable, no spaces
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # everything below space except tab and newline
SURROGATES = re.compile(r"[\ud800-\udfff]")  # half characters: valid in JSON, fatal in a database or a log


class Refusal(Exception):
    """A request that is not ours, with the status and the short reason to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> Response:
        """The refusal as JSON."""
        return JSONResponse({"reason": self.reason}, status_code=self.status)


async def body_of(request: Request, limit: int) -> bytes:
    """The body, given up as soon as it is larger than ``limit``."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise Refusal(413, "too_large")
    except ClientDisconnect:
        raise Refusal(400, "incomplete") from None
    return body


def content_type(request: Request) -> str:
    """Media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def from_our_pages(request: Request) -> bool:
    """Whether a form was sent from a page of ours, as far as the browser says.

    Without cookies nobody can borrow another person's session; this only keeps other sites from filling in our forms.
    Our pages send no referrer, so browsers that know no ``Sec-Fetch-Site`` say that the origin is ``null``.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host", "")


def without_breaking(text: str) -> str:
    """``text`` without characters that can break what comes after."""
    return SURROGATES.sub("\ufffd", CONTROLS.sub("", text.replace("\r\n", "\n")))
