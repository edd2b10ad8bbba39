"""The outermost layer: security headers on every answer, and a problem for every error nobody foresaw."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import unexpected

# Pages need one stylesheet and one icon of our own, and nothing else: no script, no frame, no form.
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),  # scores are personal data; what may be kept says so itself
)


class Guard:
    """ASGI middleware; a header an answer sets itself is left as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        bare = scope["method"] == "HEAD"  # answered as GET is, without the body
        if bare:
            scope = {**scope, "method": "GET"}

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = {name.lower() for name, _ in message["headers"]}
                extra = [header for header in _HEADERS if header[0] not in own]
                message = {**message, "headers": [*message["headers"], *extra]}
            elif bare and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # the one place where an unforeseen error may end
            if started:
                raise
            await unexpected(error)(scope, receive, guarded)
