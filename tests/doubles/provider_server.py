"""What the doubles of data providers have in common: a real HTTP server that keeps what it was asked, and can fail.

`faults` are answered first, one for each request: `(status, headers, body)`. What a double answers otherwise is its
own `answer`.
"""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
BLOCKED = (403, HTML, b"<html><head><title>Attention Required!</title></head><body>Blocked</body></html>")
WEB_PAGE = (200, HTML, b"<!doctype html><title>Maintenance</title>")
TRUNCATED = (200, JSON, b'{"data": [{"results": [{"consumption": 0.1')
OUT_OF_ORDER = (500, JSON, b'{"error": "An error has occurred"}')
WAIT = (429, {**JSON, "Retry-After": "120"}, b'{"error": {"message": "Too many requests"}}')

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


def _body(raw: bytes, content_type: str) -> Any:
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    return json.loads(raw) if raw else None


@dataclass
class ProviderDouble:
    """A provider on a port of this machine; use it as a context manager."""

    prefix: str = ""
    asked: list[Asked] = field(default_factory=list)
    faults: list[Answer] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        """Return what the provider says to a request."""
        raise NotImplementedError

    @property
    def host(self) -> str:
        """What `OUTGOING_ALLOWED_HOSTS` has to name."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The base URL for the adapter."""
        return f"http://{self.host}{self.prefix}"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                asked = Asked(
                    self.command,
                    parts.path.removeprefix(double.prefix),
                    dict(parse_qsl(parts.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    _body(raw, self.headers.get("Content-Type", "")),
                )
                double.asked.append(asked)
                status, headers, body = double.faults.pop(0) if double.faults else double.answer(asked)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**(JSON if not isinstance(body, bytes) else {}), **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _serve  # noqa: N815 - the server's own names

            def log_message(self, *_: object) -> None:
                """Keep the tests' output free of requests."""

        return Handler
