"""An organisation's usage report, page by page: what the readers of OpenAI and Anthropic have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from integrations.providers.asking import ask
from integrations.providers.base import AccountFound, AnswerUnreadable, Credentials, Limits, Settings
from integrations.providers.usage_days import day_of_usage, whole_days
from integrations.reading_records import ReadingRecord, RejectedRecord

MOST_DAYS = 31
_MOST_PAGES = 100


class UsageReportAdapter(ABC):
    """Reads an organisation's output tokens by model and day with an admin key.

    A provider's own are its `provider` (its name, for messages), its address, how it is asked and how a day begins.
    """

    name: ClassVar[str]
    limits: ClassVar[Limits] = Limits(
        history=timedelta(days=365), longest_range=timedelta(days=MOST_DAYS), reread=timedelta(days=3)
    )
    own_settings: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    provider: ClassVar[str]
    own_base_url: ClassVar[str]
    path: ClassVar[str]

    def __init__(self, base_url: str = "") -> None:
        self._base = (base_url or self.own_base_url).rstrip("/")

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Ask for yesterday's usage, which only an admin key may see; the report does not name the organisation.

        Raises:
            ProviderProblem: the key is refused, or the provider is silent.
        """
        today = datetime.now(UTC)
        self._page(credentials, *whole_days(today - timedelta(days=1), today), page="")
        return AccountFound(reference="organisation", name=f"{self.provider} organisation")

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
                yield from day_of_usage(self.day_begins(bucket), bucket["results"])
            page = answer.get("next_page") or ""
            if not answer.get("has_more") or not page:
                return
        raise AnswerUnreadable(f"{self.provider}'s usage report has more than {_MOST_PAGES} pages.")

    @abstractmethod
    def headers(self, credentials: Credentials) -> dict[str, str]:
        """Return the headers that hold the key."""

    @abstractmethod
    def times(self, begins: datetime, ends: datetime) -> dict[str, str]:
        """Return the parameters that name the days; `ends` is excluded."""

    @abstractmethod
    def day_begins(self, bucket: Any) -> datetime:
        """Return when a day of the report begins; one that this accepts has a list of results.

        Raises:
            AnswerUnreadable: it is no day with results.
        """

    def _page(self, credentials: Credentials, begins: datetime, ends: datetime, page: str) -> dict[str, Any]:
        params = {
            **self.times(begins, ends),
            "bucket_width": "1d",
            "limit": str(MOST_DAYS),
            # Without this a report names no model.
            "group_by[]": "model",
        }
        answer = ask(
            self.provider,
            f"{self._base}/{self.path}",
            headers=self.headers(credentials),
            params={**params, "page": page} if page else params,
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise AnswerUnreadable(f"{self.provider}'s usage report holds no data.")
        return answer
