"""Who may ask the server what: only the page that it has opened itself, on this machine.

A page elsewhere cannot know the token in the address. If it leads its own name to this machine (DNS rebinding), the
``Host`` of its requests is wrong; if it posts to this machine, their ``Origin`` is. Both are checked before anything of
a request is read, and no answer allows other origins to read it.
"""

import hmac
from collections.abc import Iterable, Mapping

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost")
"""Names of this machine that a request may be addressed to."""

READ_ONLY = ("GET", "HEAD")

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer. The token is in the address, which no referrer may tell."""


class Guard:
    """Refuses every request that is not from the page, and gives the others to ``app`` without the token."""

    def __init__(self, app: ASGIApp, token: str, port: int, ticket: str | None = None) -> None:
        """``ticket``: leads to the page once. Everybody on the machine can read the address that a browser is started
        with; by then the ticket is used."""
        self.app = app
        self._prefix = f"/{token}/".encode()
        self._ticket = None if ticket is None else f"/{ticket}/".encode()
        self._hosts = {f"{name}:{port}".encode() for name in NAMES}
        if port == 80:
            self._hosts |= {name.encode() for name in NAMES}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", [])}
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *(one for one in extra if one[0] not in given)]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None and refusal[0] == 404 and self._takes_ticket(scope):
            await RedirectResponse(self._prefix.decode(), 303)(scope, receive, with_headers)
            return
        if refusal is not None:
            status, text = refusal
            await JSONResponse({"error": text}, status)(scope, receive, with_headers)
            return
        path = scope["path"]
        inside = {**scope, "path": path[path.index("/", 1) :], "root_path": "", "raw_path": None}
        await self.app(inside, receive, with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and sentence if a request is refused."""
        headers = scope["headers"]
        hosts = _all(headers, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 403, "the studio answers only on this machine"
        origins = _all(headers, b"origin")
        if any(origin not in self._origins for origin in origins) or len(origins) > 1:
            return 403, "the studio answers only its own page"
        path = scope.get("raw_path") or scope["path"].encode()
        if not hmac.compare_digest(path[: len(self._prefix)], self._prefix):
            return 404, "no such page; open the address that `inkbridge studio` prints"
        if scope["method"] not in READ_ONLY and not origins:
            return 403, "the studio answers only its own page"
        sites = _all(headers, b"sec-fetch-site")
        is_page = path == self._prefix and scope["method"] in READ_ONLY
        if not is_page and any(site not in (b"same-origin", b"none") for site in sites):
            return 403, "the studio answers only its own page"
        return None

    def _takes_ticket(self, scope: Scope) -> bool:
        """Return whether a request that is allowed otherwise has the ticket, which is then used up."""
        found = scope.get("raw_path") or scope["path"].encode()
        if self._ticket is None or scope["method"] != "GET" or not hmac.compare_digest(found, self._ticket):
            return False
        self._ticket = None
        return True


def _all(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]
