"""The line that every answered request leaves: written straight as JSON, because public reads leave one as well.

structlog's chain takes about as long as a small read; this takes a tenth of it. Every field is made here from what
cannot hold a secret: the route and not the address, whole numbers of the address and no other part of it.
"""

import logging
from datetime import UTC, datetime

import orjson

request_logger = logging.getLogger("carboncore.requests")


class RequestLine(logging.Formatter):
    """Formats a record whose `args` are the fields; `readable` for a terminal, else one JSON object."""

    def __init__(self, *, readable: bool = False) -> None:
        super().__init__()
        self._readable = readable

    def format(self, record: logging.LogRecord) -> str:
        fields = record.args if isinstance(record.args, dict) else {}
        moment = datetime.fromtimestamp(record.created, UTC)
        if self._readable:
            rest = " ".join(f"{name}={value}" for name, value in fields.items())
            return f"{moment:%Y-%m-%dT%H:%M:%S}Z [{record.levelname.lower():8}] {record.msg} {rest}"
        line = {
            "timestamp": moment,
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg,
            **fields,
        }
        return orjson.dumps(line, option=orjson.OPT_UTC_Z).decode()


def level_of(status: int) -> int:
    """Return how loudly an answer is told.

    Error: our fault. Warning: somebody was turned away, which many of at once is worth a look. Info: all the rest, with
    an address that is not there or a form filled in wrongly, which are everyday things.
    """
    if status >= 500:
        return logging.ERROR
    return logging.WARNING if status in {401, 403, 429} else logging.INFO


def request_line(level: int, fields: dict[str, object]) -> None:
    """Write the line of one request."""
    record = request_logger.makeRecord(request_logger.name, level, "", 0, "request", (fields,), None)
    request_logger.handle(record)


class RouteInsteadOfPath(logging.Filter):
    """Takes the address out of what Django says of a failed request: it may hold the token of a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple) and len(record.args) > 1:
            match = getattr(request, "resolver_match", None)
            record.args = (*record.args[:-1], match.route if match is not None else "(no route)")
            record.__dict__.pop("request")
        return True


class WithReason(logging.Filter):
    """Keeps what Django says of a failed request only where it knows why: the request's own line says the rest."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)
