"""The same guard around every answer: safety headers, and nothing that people wrote in the error log."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.quiet import log

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noarchive",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen "
            "geolocation gyroscope hid identity-credentials-get idle-detection magnetometer microphone midi "
            "payment picture-in-picture publickey-credentials-get screen-wake-lock serial usb xr-spatial-tracking"
        ).split()
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Puts the safety headers on every answer and keeps what people wrote out of the error log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)  # only the pages for other sites set their own
            await send(message)

        try:
            await self.app(scope, receive, guarded)
        except Exception as error:  # a traceback can hold the text of a message: only the type is logged
            log("request_failed", error_class=type(error).__name__)
            if not started:
                await JSONResponse({"reason": "failed"}, status_code=500)(scope, receive, guarded)
