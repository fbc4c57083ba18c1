"""Anthropic: an organisation's output tokens by model and day, from its usage report."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from integrations.providers.asking import ask
from integrations.providers.base import AccountFound, AnswerUnreadable, Credentials, Limits, Settings
from integrations.providers.usage_days import day_of_usage, whole_days
from integrations.providers.values import NotAValue, moment_of
from integrations.reading_records import ReadingRecord, RejectedRecord

OWN_BASE_URL = "https://api.anthropic.com"
_NAME = "Anthropic"
_VERSION = "2023-06-01"
_MOST_DAYS = 31
_MOST_PAGES = 100


class AnthropicAdapter:
    """Reads an organisation's usage with an admin key; individual accounts have no such report."""

    name: ClassVar[str] = "anthropic"
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
        return AccountFound(reference="organisation", name="Anthropic organisation")

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
        raise AnswerUnreadable(f"Anthropic's usage report has more than {_MOST_PAGES} pages.")

    def _page(self, credentials: Credentials, begins: datetime, ends: datetime, page: str) -> dict[str, Any]:
        params = {
            "starting_at": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
            "ending_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
            "bucket_width": "1d",
            "limit": str(_MOST_DAYS),
            "group_by[]": "model",
        }
        answer = ask(
            _NAME,
            f"{self._base}/v1/organizations/usage_report/messages",
            headers={"x-api-key": credentials.get("apiKey", ""), "anthropic-version": _VERSION},
            params={**params, "page": page} if page else params,
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise AnswerUnreadable("Anthropic's usage report holds no data.")
        return answer


def _day(bucket: Any) -> Iterator[ReadingRecord | RejectedRecord]:
    if not isinstance(bucket, dict) or not isinstance(bucket.get("results"), list):
        raise AnswerUnreadable("Anthropic's usage report holds a day without results.")
    try:
        begins = moment_of(bucket.get("starting_at"))
    except NotAValue as error:
        raise AnswerUnreadable("Anthropic's usage report holds a day without a time.") from error
    yield from day_of_usage(begins, bucket["results"])
