"""Doubles of OpenAI's and Anthropic's usage reports: admin keys only, days in pages, models only when asked for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.provider_server import Answer, Asked, ProviderDouble

ADMIN_KEY = "admin-key"
_DAY = timedelta(days=1)


@dataclass
class OpenAIServer(ProviderDouble):
    """`usage` is a list of rows for each day; `page_size` days are on a page whatever is asked for."""

    prefix: str = "/v1"
    usage: dict[datetime, list[Any]] = field(default_factory=dict)
    page_size: int = 7

    def answer(self, asked: Asked) -> Answer:
        """Answer as the provider does."""
        if asked.headers.get("authorization") != f"Bearer {ADMIN_KEY}":
            return 401, {}, {"error": {"message": "Incorrect API key", "type": "invalid_request_error", "code": None}}
        begins, ends = (datetime.fromtimestamp(int(asked.query[key]), UTC) for key in ("start_time", "end_time"))
        days = [begins + number * _DAY for number in range((ends - begins).days)]
        first = int(asked.query.get("page", "page_0").removeprefix("page_"))
        shown = days[first : first + min(self.page_size, int(asked.query["limit"]))]
        more = first + len(shown) < len(days)
        grouped = asked.query.get("group_by[]") == "model"
        return 200, {}, {
            "object": "page",
            "data": [
                {
                    "object": "bucket",
                    "start_time": int(day.timestamp()),
                    "end_time": int((day + _DAY).timestamp()),
                    "results": [
                        {**row, "model": row.get("model") if grouped else None} if isinstance(row, dict) else row
                        for row in self.usage.get(day, [])
                    ],
                }
                for day in shown
            ],
            "has_more": more,
            "next_page": f"page_{first + len(shown)}" if more else None,
        }  # fmt: skip


@dataclass
class AnthropicServer(ProviderDouble):
    """As the other, in this provider's words."""

    usage: dict[datetime, list[Any]] = field(default_factory=dict)
    page_size: int = 7

    def answer(self, asked: Asked) -> Answer:
        """Answer as the provider does."""
        if asked.headers.get("x-api-key") != ADMIN_KEY:
            return 401, {}, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}
        if asked.headers.get("anthropic-version") != "2023-06-01":
            return 400, {}, {"type": "error", "error": {"type": "invalid_request_error", "message": "version"}}
        begins, ends = (datetime.fromisoformat(asked.query[key]) for key in ("starting_at", "ending_at"))
        days = [begins + number * _DAY for number in range((ends - begins).days)]
        first = int(asked.query.get("page", "page_0").removeprefix("page_"))
        shown = days[first : first + min(self.page_size, int(asked.query["limit"]))]
        more = first + len(shown) < len(days)
        return 200, {}, {
            "data": [
                {
                    "starting_at": f"{day:%Y-%m-%dT%H:%M:%SZ}",
                    "ending_at": f"{day + _DAY:%Y-%m-%dT%H:%M:%SZ}",
                    "results": self.usage.get(day, []),
                }
                for day in shown
            ],
            "has_more": more,
            "next_page": f"page_{first + len(shown)}" if more else None,
        }  # fmt: skip
