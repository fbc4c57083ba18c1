"""Receives bodies before a request takes anything else, and lets slow senders hold no more than their share of threads.

granian hands a request to a thread when its headers are there, and the thread waits for the body, for as long as the
sender likes. Without this a handful of connections that send a byte now and then would stop the whole server. Who sends
something from time to time is sent away when the time is over; who falls silent keeps a thread until the connection
ends, which is why there is a number of them for each sender and for all. A proxy in front that receives bodies first
(docs/operations.md) knows no such senders.
"""

import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from types import SimpleNamespace
from typing import Any

from carboncore.common.api.errors import error_response, unavailable_response
from carboncore.common.client_address import client_address
from carboncore.common.rate_limits.declare import address_group
from carboncore.common.request_limits import body_length, largest_body
from carboncore.common.security_headers import security_headers

# Of the 32 threads that a web process has, how many bodies may be waited for, and how many of them of one address: the
# fewer, the more are waited for altogether. Whoever is not among the slow senders finds a thread for a body, and four
# are left for reading whatever happens.
SHARES = ((8, 6), (16, 2), (28, 1))
_IN_MEMORY_BYTES = 1_000_000
# A read waits until its piece is whole, so a sender has to show that it is quick before pieces become large.
_LARGEST_PIECE, _QUICK_SECONDS = 64 * 1024, 0.2
# A body may take this long, and longer only while it comes at more than this speed.
_SECONDS, _BYTES_A_SECOND = 20.0, 16_000

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BodyGate:
    """A WSGI application around another one, which finds each body complete."""

    def __init__(self, application: Application, clock: Callable[[], float] = time.monotonic) -> None:
        self._application, self._clock = application, clock
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = body_length(environ)
        if not length or length > largest_body(environ):
            return self._application(environ, start_response)  # no body, or one that is refused without being read
        sender = address_group(client_address(SimpleNamespace(META=environ)))
        if not self._enter(sender):
            return _answer(unavailable_response(), environ, start_response)
        try:
            body = self._receive(environ["wsgi.input"], length)
        finally:
            self._leave(sender)
        if body is None:
            late = error_response(408, "too_slow", "The body did not arrive in time. Send it again.")
            return _answer(late, environ, start_response)
        environ["wsgi.input"] = body
        return self._application(environ, start_response)

    def _enter(self, sender: str) -> bool:
        with self._lock:
            total = self._waiting.total()
            share = next((most for below, most in SHARES if total < below), 0)
            if self._waiting[sender] >= share:
                return False
            self._waiting[sender] += 1
            return True

    def _leave(self, sender: str) -> None:
        with self._lock:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender]

    def _receive(self, source: Any, length: int) -> Any:
        """Return the body as a file at its beginning; None when it comes too slowly or ends too early."""
        begun = self._clock()
        body: Any = io.BytesIO() if length <= _IN_MEMORY_BYTES else SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed with the request
        received, size, last = 0, 1, begun
        while received < length:
            piece = source.read(min(size, length - received))
            received += len(piece)
            now = self._clock()
            if not piece or now - begun > max(_SECONDS, received / _BYTES_A_SECOND):
                body.close()
                return None
            size, last = (min(size * 16, _LARGEST_PIECE) if now - last < _QUICK_SECONDS else 1), now
            body.write(piece)
        body.seek(0)
        return body


def _answer(response: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send a refusal of our own, and have the connection closed, on which a body may still be coming."""
    headers = [*response.items(), *security_headers(secure=environ.get("wsgi.url_scheme") == "https")]
    headers += [("Cache-Control", "no-store"), ("Connection", "close"), ("Content-Length", str(len(response.content)))]
    start_response(f"{response.status_code} {response.reason_phrase}", list(dict(headers).items()))
    return [response.content]
