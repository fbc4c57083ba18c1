"""Logs: a JSON object a line on a server, readable lines on a laptop, and no local variable's value in either."""

import sys

import structlog

from carboncore.common.observing.scrubbing import scrub_event
from carboncore.environment import DEBUG, env

# Rich's and structlog's pretty tracebacks print local variables, passwords and keys among them: plain ones are used.
_RENDERERS: list[structlog.typing.Processor] = (
    [structlog.processors.format_exc_info, scrub_event, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    if DEBUG
    else [structlog.processors.format_exc_info, scrub_event, structlog.processors.JSONRenderer()]
)
_SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDERERS],
            "foreign_pre_chain": _SHARED_PROCESSORS,
        },
        "requests": {"()": "carboncore.common.observing.lines.RequestLine", "readable": DEBUG},
    },
    "filters": {
        "route_instead_of_path": {"()": "carboncore.common.observing.lines.RouteInsteadOfPath"},
        "with_a_reason": {"()": "carboncore.common.observing.lines.WithReason"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "lines",
            "filters": ["route_instead_of_path"],
        },
        "requests": {"class": "logging.StreamHandler", "formatter": "requests"},
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Django's own handlers would print everything a second time.
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # One line a request, when it is answered, public reads among them.
        "carboncore.requests": {"handlers": ["requests"], "propagate": False},
        # What was not found or refused is told by the request's own line.
        "django.request": {"level": "ERROR", "filters": ["with_a_reason"]},
        # Tells whole addresses, and those of providers hold meter numbers.
        "httpx": {"level": "WARNING"},
        # Each command would begin with the list of the job queue's own tasks.
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}

# Milliseconds from which a query is told of, without its values; 0 switches that off.
SLOW_QUERY_MS: int = env.int("SLOW_QUERY_MS", default=500)

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
