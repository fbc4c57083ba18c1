"""Hildebrand Glowmarkt (the Bright app): a home's half-hours of electricity and gas, whoever its supplier is.

Signing in gives a token for a week; the home is a virtual entity, and each meter one of its resources. Missing
values come as null because they are asked for so; without that they would be noughts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from integrations.choices import ReadingType
from integrations.providers.asking import ask
from integrations.providers.base import (
    AccountFound,
    AnswerUnreadable,
    Credentials,
    CredentialsRefused,
    Limits,
    NothingFound,
    Settings,
)
from integrations.providers.values import NotAValue, quantity_of, shown
from integrations.reading_records import ReadingRecord, RejectedRecord, interval_id
from integrations.units import is_known, unit_code

OWN_BASE_URL = "https://api.glowmarkt.com/api/v0-1"
_NAME = "Glowmarkt"
# The provider's public id of the Bright app; no secret.
_APPLICATION = "b0f1b774-a586-4f72-9edd-27ead8aa7a8d"
_HALF_HOUR = timedelta(minutes=30)
# Costs and exports are resources too, and no consumption.
_READ = {"electricity.consumption": ReadingType.ELECTRICITY, "gas.consumption": ReadingType.GAS}


@dataclass(frozen=True)
class _Resource:
    """One meter's series."""

    id: str
    reading_type: ReadingType


class GlowmarktAdapter:
    """Reads a home with the e-mail address and the password of the Bright app."""

    name: ClassVar[str] = "glowmarkt"
    # Half-hours are given for ten days at a time, and kept for thirteen months.
    limits: ClassVar[Limits] = Limits(history=timedelta(days=395), longest_range=timedelta(days=10))
    own_settings: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, base_url: str = "") -> None:
        self._base = (base_url or OWN_BASE_URL).rstrip("/")
        self._signed_in: tuple[str, str] = ("", "")
        self._resources: list[_Resource] = []

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Sign in and look for meters; the account is the one that the provider names.

        Raises:
            ProviderProblem: the password is refused, the provider is silent, or no meter is there.
        """
        self._sign_in(credentials)
        self._find_resources()
        return AccountFound(reference=self._signed_in[1], name=str(credentials.get("username", "")))

    def read(
        self, credentials: Credentials, settings: Settings, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        """Yield the half-hours of every meter of the account.

        Raises:
            ProviderProblem: see `base`.
        """
        if not self._signed_in[0]:
            self._sign_in(credentials)
            self._find_resources()
        for resource in self._resources:
            begins = since
            while begins < until:
                ends = min(begins + self.limits.longest_range, until)
                yield from self._readings(resource, begins, ends)
                begins = ends

    def _sign_in(self, credentials: Credentials) -> None:
        body = {"username": credentials.get("username", ""), "password": credentials.get("password", "")}
        answer = ask(
            _NAME, f"{self._base}/auth", method="POST", headers={"applicationId": _APPLICATION}, json_body=body
        )
        if isinstance(answer, dict) and answer.get("valid") is False:
            raise CredentialsRefused("Glowmarkt refused the e-mail address or the password. Enter valid ones.")
        if not isinstance(answer, dict) or not isinstance(answer.get("token"), str) or not answer["token"]:
            raise AnswerUnreadable("Glowmarkt's answer to signing in holds no token.")
        self._signed_in = (answer["token"], str(answer.get("accountId") or "")[:120])

    def _find_resources(self) -> None:
        self._resources = []
        for entity in _rows(self._get("virtualentity"), "homes"):
            path = f"virtualentity/{quote(str(entity.get('veId', '')), safe='')}/resources"
            answer = self._get(path)
            for row in _rows(answer.get("resources") if isinstance(answer, dict) else None, "meters"):
                if row.get("classifier") in _READ and row.get("resourceId"):
                    self._resources.append(_Resource(str(row["resourceId"]), _READ[row["classifier"]]))
        if not self._resources:
            raise NothingFound("This Bright account has no electricity or gas meter yet; finish its set-up in the app.")

    def _readings(
        self, resource: _Resource, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        answer = self._get(
            f"resource/{quote(resource.id, safe='')}/readings",
            {
                "from": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
                "to": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
                "period": "PT30M",
                "function": "sum",
                "offset": "0",
                "nulls": "1",
            },
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise AnswerUnreadable("Glowmarkt's answer about a meter holds no data.")
        unit = str(answer.get("units", ""))
        if not is_known(unit):
            raise AnswerUnreadable(f"Glowmarkt gives a meter in “{unit[:20]}”, which is no unit of energy or volume.")
        for row in answer["data"]:
            record = _record(resource, unit_code(unit), row)
            if isinstance(record, RejectedRecord) or (record and since <= record.starts_at < until):
                yield record

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        headers = {"applicationId": _APPLICATION, "token": self._signed_in[0]}
        return ask(_NAME, f"{self._base}/{path}", headers=headers, params=params)


def _rows(found: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(found, list):
        raise AnswerUnreadable(f"Glowmarkt's answer holds no list of {what}.")
    return [each for each in found if isinstance(each, dict)]


def _record(resource: _Resource, unit: str, row: Any) -> ReadingRecord | RejectedRecord | None:
    """Return a pair [seconds, value] as a reading; a null is a gap and nothing."""
    if not isinstance(row, list) or len(row) != 2:
        return RejectedRecord("", resource.id, "", "", f"This is no pair of time and value: {shown(row)}.")
    seconds, value = row
    if value is None:
        return None
    try:
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            raise NotAValue("Its begin is no time.")
        begins = datetime.fromtimestamp(seconds, UTC)
        quantity = quantity_of(value)
    except (NotAValue, OverflowError, OSError, ValueError) as error:
        reason = str(error) if isinstance(error, NotAValue) else "Its begin is no time."
        return RejectedRecord(f"{resource.id}:{shown(seconds)}", resource.id, shown(seconds), shown(value), reason)
    return ReadingRecord(
        resource.reading_type,
        interval_id(resource.id, begins),
        resource.id,
        begins,
        begins + _HALF_HOUR,
        quantity,
        unit,
    )
