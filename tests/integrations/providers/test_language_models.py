"""OpenAI and Anthropic: whole days in pages, one record for a model's day, odd rows rejected one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.providers.anthropic import AnthropicAdapter
from integrations.providers.openai import OpenAIAdapter
from integrations.reading_records import RejectedRecord
from tests.doubles.language_model_servers import ADMIN_KEY

DAY = datetime(2026, 3, 1, tzinfo=UTC)
CREDENTIALS = {"apiKey": ADMIN_KEY}


@pytest.fixture(params=["openai", "anthropic"])
def report(request):
    """A double with its adapter."""
    kind = {"openai": OpenAIAdapter, "anthropic": AnthropicAdapter}[request.param]
    double = request.getfixturevalue(request.param)
    return double, kind(double.url)


def row(model, tokens, **more):
    return {"model": model, "output_tokens": tokens, **more}


def test_each_models_day_is_one_record_over_all_pages(report):
    double, adapter = report
    double.usage = {DAY + timedelta(days=number): [row("m-1", 100 + number)] for number in range(20)}
    double.usage[DAY] += [row("m-2", 7), row("m-1", 1)]

    records = list(adapter.read(CREDENTIALS, {}, DAY, DAY + timedelta(days=20)))

    assert len(records) == 21
    assert sum(each.quantity for each in records) == sum(range(100, 120)) + 8
    first = records[0]
    assert (first.reading_type, first.series, first.external_id, first.quantity, first.unit) == (
        "ai_usage", "m-1", "m-1:2026-03-01T00:00Z", 101, "token",
    )  # fmt: skip
    assert (first.starts_at, first.ends_at) == (DAY, DAY + timedelta(days=1))
    assert first.payload["model"] == "m-1"
    assert [each.query.get("page") for each in double.asked] == [None, "page_7", "page_14"]


def test_a_day_that_is_not_over_is_not_asked_for(report):
    double, adapter = report
    double.usage = {DAY: [row("m-1", 5)], DAY + timedelta(days=1): [row("m-1", 6)]}

    records = list(adapter.read(CREDENTIALS, {}, DAY + timedelta(hours=5), DAY + timedelta(days=1, hours=13)))

    assert [each.quantity for each in records] == [5]


def test_less_than_a_day_asks_for_nothing(report):
    double, adapter = report

    assert list(adapter.read(CREDENTIALS, {}, DAY, DAY + timedelta(hours=13))) == []
    assert double.asked == []


def test_odd_rows_are_rejected_and_a_nameless_model_is_kept_for_mapping(report):
    double, adapter = report
    double.usage = {DAY: [row("m-1", None), row("m-2", -4), row("m-3", "many"), row(None, 9), "nonsense"]}

    records = list(adapter.read(CREDENTIALS, {}, DAY, DAY + timedelta(days=1)))

    assert [each.reason for each in records if isinstance(each, RejectedRecord)] == [
        "Its quantity is missing.",
        "Its quantity is negative.",
        "Its quantity is no number.",
        "This is no row of usage: nonsense.",
    ]
    assert [(each.series, each.quantity) for each in records if not isinstance(each, RejectedRecord)] == [
        ("unnamed model", 9)
    ]


def test_requests_are_added_up_where_they_are_told(openai):
    openai.usage = {DAY: [row("m-1", 10, num_model_requests=5), row("m-1", 20, num_model_requests=2)]}

    (record,) = OpenAIAdapter(openai.url).read(CREDENTIALS, {}, DAY, DAY + timedelta(days=1))

    assert (record.quantity, record.payload["requests"]) == (30, 7)


def test_a_check_asks_for_one_finished_day(report):
    double, adapter = report

    assert adapter.check(CREDENTIALS, {}).reference == "organisation"
    assert len(double.asked) == 1
