"""Refusals that anybody can cause: one event a minute of a kind, however many come to however many processes."""

import pytest

from carboncore.audit.models import Event
from carboncore.audit.services import refusal_record, refusals
from carboncore.common.observing import metrics
from tests.races import at_once, meeting

NOTE = "gate: The signature does not fit."


class Forgetful(dict):
    """What a process has looked at, as if each call were another process's first."""

    def get(self, _key, default=None):
        return default


@pytest.fixture(autouse=True)
def _another_process(monkeypatch):
    monkeypatch.setattr(refusals, "_looked", {})


def refuse(note=NOTE):
    return refusal_record(action="webhook.refused", note=note)


def counted():
    return metrics.REFUSALS.labels("webhook.refused")._value.get()


@pytest.mark.django_db
def test_a_flood_is_one_event_and_all_of_it_is_counted(django_assert_num_queries):
    before = counted()
    first = refuse()

    with django_assert_num_queries(0):
        rest = [refuse() for _ in range(500)]

    assert (first.action, first.outcome, first.note) == ("webhook.refused", "refused", NOTE)
    assert set(rest) == {None}
    assert Event.objects.count() == 1
    assert counted() - before == 501


@pytest.mark.django_db
def test_another_reason_is_another_event_and_another_process_adds_none(monkeypatch):
    refuse()
    refuse("gate: The delivery is too old.")
    monkeypatch.setattr(refusals, "_looked", {})

    assert (refuse(), Event.objects.count()) == (None, 2)


@pytest.mark.django_db
def test_after_a_minute_there_is_another(monkeypatch):
    refuse()
    monkeypatch.setattr(refusals, "_looked", {})
    monkeypatch.setattr(refusals, "_RECENT", refusals._RECENT.replace("1 minute", "0 minutes"))

    assert refuse() is not None
    assert Event.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_four_processes_at_once_record_one(monkeypatch):
    monkeypatch.setattr(refusals, "_looked", Forgetful())

    at_once(*[refuse] * 4)

    assert Event.objects.filter(note=NOTE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_taking_turns_both_record(monkeypatch):
    """The control: two that look before either has recorded."""
    monkeypatch.setattr(refusals, "_looked", Forgetful())
    monkeypatch.setattr(refusals, "_is_our_turn", lambda *_: True)
    monkeypatch.setattr(refusals, "_is_recent", meeting(refusals._is_recent, 2, before=False))

    at_once(refuse, refuse)

    assert Event.objects.filter(note=NOTE).count() == 2
