"""Anthropic: an organisation's output tokens by model and day, from its usage report."""

from datetime import datetime
from typing import Any, ClassVar

from integrations.providers.base import AnswerUnreadable, Credentials
from integrations.providers.usage_report import UsageReportAdapter
from integrations.providers.values import NotAValue, moment_of

_VERSION = "2023-06-01"


class AnthropicAdapter(UsageReportAdapter):
    """Reads an organisation's usage with an admin key; individual accounts have no such report."""

    name: ClassVar[str] = "anthropic"
    provider: ClassVar[str] = "Anthropic"
    own_base_url: ClassVar[str] = "https://api.anthropic.com"
    path: ClassVar[str] = "v1/organizations/usage_report/messages"

    def headers(self, credentials: Credentials) -> dict[str, str]:
        """Return the headers that hold the key, and the version that is spoken."""
        return {"x-api-key": credentials.get("apiKey", ""), "anthropic-version": _VERSION}

    def times(self, begins: datetime, ends: datetime) -> dict[str, str]:
        """Return the parameters that name the days; `ends` is excluded."""
        return {"starting_at": f"{begins:%Y-%m-%dT%H:%M:%SZ}", "ending_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}

    def day_begins(self, bucket: Any) -> datetime:
        """Return when a day of the report begins.

        Raises:
            AnswerUnreadable: it has no results or no time.
        """
        if not isinstance(bucket, dict) or not isinstance(bucket.get("results"), list):
            raise AnswerUnreadable("Anthropic's usage report holds a day without results.")
        try:
            return moment_of(bucket.get("starting_at"))
        except NotAValue as error:
            raise AnswerUnreadable("Anthropic's usage report holds a day without a time.") from error
