"""OpenAI: an organisation's output tokens by model and day, from its usage report."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from integrations.providers.base import AnswerUnreadable, Credentials
from integrations.providers.usage_report import UsageReportAdapter


class OpenAIAdapter(UsageReportAdapter):
    """Reads an organisation's usage with an admin key; a project's key is refused by the provider."""

    name: ClassVar[str] = "openai"
    provider: ClassVar[str] = "OpenAI"
    own_base_url: ClassVar[str] = "https://api.openai.com/v1"
    path: ClassVar[str] = "organization/usage/completions"

    def headers(self, credentials: Credentials) -> dict[str, str]:
        """Return the header that holds the key."""
        return {"Authorization": f"Bearer {credentials.get('apiKey', '')}"}

    def times(self, begins: datetime, ends: datetime) -> dict[str, str]:
        """Return the parameters that name the days; `ends` is excluded."""
        return {"start_time": str(int(begins.timestamp())), "end_time": str(int(ends.timestamp()))}

    def day_begins(self, bucket: Any) -> datetime:
        """Return when a day of the report begins.

        Raises:
            AnswerUnreadable: it has no results or no time.
        """
        seconds = bucket.get("start_time") if isinstance(bucket, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not isinstance(bucket.get("results"), list):
            raise AnswerUnreadable("OpenAI's usage report holds a day without a time or results.")
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise AnswerUnreadable("OpenAI's usage report holds a day without a time or results.") from error
