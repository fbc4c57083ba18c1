"""Buys over HTTP as fast as the server sells: keep-alive connections over raw sockets in one process.

`python benchmarks/purchase_load.py HOST PORT SECONDS PROJECTS KG TOKEN…` opens one connection for each token and
prints a JSON object: seconds, how many answers of each status and code, the median and 99th percentile of the answer's
time in milliseconds. Projects are drawn at random, quantities too unless KG is more
than 0; each order has an Idempotency-Key of its own.
"""

import json
import random
import selectors
import statistics
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import Connection

# What the benchmark's sellers ask for a credit; an order states the price that its buyer was shown.
PRICE = "12.5000"
LARGEST_KG = 5_000


class Buyer(Connection):
    """One signed-in client that orders again as soon as its order is answered."""

    def __init__(self, host: str, port: int, token: str, projects: int, kg: int) -> None:
        super().__init__((host, port))
        self._head = (
            f"POST /api/v1/purchases HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nUser-Agent: carboncore-benchmark\r\n"
        )
        self._projects, self._kg = projects, kg
        self.began = 0.0
        self.answer = b""

    def order(self) -> None:
        """Order a random quantity of a random project."""
        quantity = tonnes(self._kg or random.randint(1, LARGEST_KG))
        body = (
            f'{{"project_id": {random.randint(1, self._projects)}, "quantity": "{quantity}",'
            f' "price_per_credit": "{PRICE}", "currency": "EUR"}}'
        )
        self.began, self.answer = time.perf_counter(), b""
        self.socket.sendall(
            f"{self._head}Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def answered(self) -> tuple[int, bytes] | None:
        """Read what is there; return (status, body) once the answer is whole."""
        chunk = self.socket.recv(1 << 16)
        if not chunk:
            sys.exit("The server closed the connection.")
        self.answer += chunk
        head, separator, body = self.answer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        return (int(head[9:12]), body) if len(body) >= length else None


def refusal(body: bytes) -> str:
    """Return the code of a refusal; what is none of the API's own is an error by any name, so its beginning."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return repr(body[:80])


def tonnes(kg: int) -> str:
    """Return a quantity as an order states it."""
    return f"{kg // 1000}.{kg % 1000:03d}"


def run(address: tuple[str, int], seconds: float, projects: int, kg: int, tokens: list[str]) -> dict[str, object]:
    """Buy for so many seconds; orders under way at the end are waited for, and counted with the time they took."""
    waiting = selectors.DefaultSelector()
    for token in tokens:
        buyer = Buyer(*address, token, projects, kg)
        waiting.register(buyer.socket, selectors.EVENT_READ, buyer)
        buyer.order()
    start = time.perf_counter()
    answers: Counter[str] = Counter()
    times, open_orders = [], len(tokens)
    while open_orders:
        for key, _ in waiting.select(timeout=1):
            if (answer := key.data.answered()) is None:
                continue
            now = time.perf_counter()
            times.append(now - key.data.began)
            status, body = answer
            if status == 201:
                answers["201"] += 1
            else:
                answers[f"{status} {refusal(body)}"] += 1
            if now - start < seconds:
                key.data.order()
            else:
                open_orders -= 1
    return {
        "seconds": time.perf_counter() - start,
        "answers": answers,
        "median_ms": statistics.median(times) * 1000,
        "p99_ms": statistics.quantiles(times, n=100)[98] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(run((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]), *map(int, sys.argv[4:6]), sys.argv[6:])))
