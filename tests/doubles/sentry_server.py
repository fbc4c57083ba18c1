"""A double of Sentry over a real socket: takes envelopes and keeps what it was told."""

import json
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli

_READERS = {None: bytes, "br": brotli.decompress, "gzip": lambda body: zlib.decompress(body, wbits=31)}


class SentryDouble:
    """Listens on loopback; `texts` holds each envelope as it came, `events` the error reports in them."""

    def __init__(self):
        self.texts, self.events = [], []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def dsn(self):
        return f"http://public@127.0.0.1:{self._server.server_port}/1"

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def take(self, body):
        text = body.decode()
        self.texts.append(text)
        lines = text.splitlines()
        for header, payload in zip(lines[1::2], lines[2::2], strict=False):
            if json.loads(header).get("type") == "event":
                self.events.append(json.loads(payload))

    def _handler(double):  # noqa: N805 - the handler below has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                double.take(_READERS[self.headers["Content-Encoding"]](body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        return Handler
