"""A small load generator: keep-alive connections over raw sockets in one process, so that little is spent on asking.

`python -m benchmarks.load HOST PORT CONNECTIONS SECONDS PATH…` prints requests a second; the paths take turns.
"""

import selectors
import socket
import sys
import time
from itertools import cycle


class Connection:
    """One keep-alive connection that asks again as soon as it has its answer."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.missing = 0
        self.head = b""

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.missing, self.head = -1, b""
        self.socket.sendall(request)

    def finished(self) -> bool:
        """Read what is there; return whether the answer is whole. A status other than 200 ends the run."""
        chunk = self.socket.recv(1 << 20)
        if not chunk:
            sys.exit("The server closed the connection.")
        if self.missing >= 0:
            self.missing -= len(chunk)
            return self.missing == 0
        self.head += chunk
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.head[:end].lower()
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            sys.exit(f"The server answered {self.head[:2000]!r}")
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        self.missing = length - (len(self.head) - end - 4)
        return self.missing == 0


def run(host: str, port: int, connections: int, seconds: float, paths: list[str]) -> float:
    """Ask for the paths in turn as fast as the server answers; return answers a second."""
    requests = cycle([f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode() for path in paths])
    waiting = selectors.DefaultSelector()
    for _ in range(connections):
        connection = Connection((host, port))
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(next(requests))
    answered, start = 0, time.perf_counter()
    while (now := time.perf_counter()) - start < seconds:
        for key, _ in waiting.select(timeout=1):
            if key.data.finished():
                answered += 1
                key.data.ask(next(requests))
    return answered / (now - start)


if __name__ == "__main__":
    print(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:]))
