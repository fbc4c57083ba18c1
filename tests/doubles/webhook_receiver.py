"""A double of a subscriber over a real socket: answers what it is told to, and keeps what was sent."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebhookReceiver:
    """Listens on loopback. `answers` are (status, headers) in their order, the last one for ever."""

    def __init__(self):
        self.requests = []
        self.answers = [(204, {})]
        self.hold = threading.Event()
        self.hold.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def host(self):
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self):
        return f"http://{self.host}/hook"

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(double):  # noqa: N805 - the handler below has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                double.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                double.hold.wait(30)
                status, headers = double.answers.pop(0) if len(double.answers) > 1 else double.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
