"""Recording events: what stands in one, that it goes with its transaction, and that commits chain them."""


import pytest
from django.db import transaction

from carboncore.audit.models import Event, EventLink
from carboncore.audit.services import event_record
from carboncore.common.context import Entrance, acting
from tests.factories import UserFactory


@pytest.mark.django_db
def test_an_event_says_who_through_what_from_where():
    user = UserFactory()

    with acting(user, Entrance.API, ip_address="192.0.2.7", user_agent="curl/8", request_id="r-1"):
        event = event_record(action="organisation.approved", obj=user, note="seen the extract", changes={"n": [1, 2]})

    row = Event.objects.values().get(pk=event.pk)
    assert row.pop("at") is not None
    assert row == {
        "id": event.pk, "action": "organisation.approved", "outcome": "done", "actor_id": user.pk, "entrance": "api",
        "ip_address": "192.0.2.7", "user_agent": "curl/8", "request_id": "r-1", "on_behalf_of": "",
        "object_type": "accounts.user", "object_id": str(user.pk), "note": "seen the extract", "changes": {"n": [1, 2]},
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_commit_chains_and_a_rollback_leaves_nothing():
    with transaction.atomic():
        first = event_record(action="project.created", changes={"ä": ["“", None], "b": [True, 12]})
        second = event_record(action="project.changed")
        assert not EventLink.objects.exists()
    with transaction.atomic():
        event_record(action="project.deleted")
        transaction.set_rollback(True)

    links = list(EventLink.objects.order_by("position").values_list("event_id", "stream", "position"))
    assert links == [(first.pk, 1, 1), (second.pk, 1, 2)]
    assert Event.objects.count() == 2
