"""OpenAI: an organisation's output tokens by model and day, from its usage report."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from integrations.providers.asking import ask
from integrations.providers.base import AccountFound, AnswerUnreadable, Credentials, Limits, Settings
from integrations.providers.usage_days import day_of_usage, whole_days
from integrations.reading_records import ReadingRecord, RejectedRecord

OWN_BASE_URL = "https://api.openai.com/v1"
_NAME = "OpenAI"
_MOST_DAYS = 31
_MOST_PAGES = 100


class OpenAIAdapter:
    """Reads an organisation's usage with an admin key; a project's key is refused by the provider."""

    name: ClassVar[str] = "openai"
    limits: ClassVar[Limits] = Limits(
        history=timedelta(days=365), longest_range=timedelta(days=_MOST_DAYS), reread=timedelta(days=3)
    )

    def __init__(self, base_url: str = "") -> None:
        self._base = (base_url or OWN_BASE_URL).rstrip("/")

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Ask for yesterday's usage, which only an admin key may see; the report does not name the organisation.

        Raises:
            ProviderProblem: the key is refused, or the provider is silent.
        """
        today = datetime.now(UTC)
        self._page(credentials, *whole_days(today - timedelta(days=1), today), page="")
        return AccountFound(reference="organisation", name="OpenAI organisation")

    def read(
        self, credentials: Credentials, settings: Settings, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        """Yield each model's output of each whole day.

        Raises:
            ProviderProblem: see `base`.
        """
        begins, ends = whole_days(since, until)
        page = ""
        for _ in range(_MOST_PAGES):
            if begins == ends:
                return
            answer = self._page(credentials, begins, ends, page)
            for bucket in answer["data"]:
                yield from _day(bucket)
            page = answer.get("next_page") or ""
            if not answer.get("has_more") or not page:
                return
        raise AnswerUnreadable(f"OpenAI's usage report has more than {_MOST_PAGES} pages.")

    def _page(self, credentials: Credentials, begins: datetime, ends: datetime, page: str) -> dict[str, Any]:
        params = {
            "start_time": str(int(begins.timestamp())),
            "end_time": str(int(ends.timestamp())),
            "bucket_width": "1d",
            "limit": str(_MOST_DAYS),
            # Without this the report names no model.
            "group_by[]": "model",
        }
        answer = ask(
            _NAME,
            f"{self._base}/organization/usage/completions",
            headers={"Authorization": f"Bearer {credentials.get('apiKey', '')}"},
            params={**params, "page": page} if page else params,
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise AnswerUnreadable("OpenAI's usage report holds no data.")
        return answer


def _day(bucket: Any) -> Iterator[ReadingRecord | RejectedRecord]:
    seconds = bucket.get("start_time") if isinstance(bucket, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not isinstance(bucket.get("results"), list):
        raise AnswerUnreadable("OpenAI's usage report holds a day without a time or results.")
    try:
        begins = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise AnswerUnreadable("OpenAI's usage report holds a day without a time or results.") from error
    yield from day_of_usage(begins, bucket["results"])
