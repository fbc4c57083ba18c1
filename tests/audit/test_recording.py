"""Recording events: what stands in one, and what never does."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest

from carboncore.audit.models import Event
from carboncore.audit.redaction import is_redacted
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.audit.services.changes import plain
from carboncore.common.context import Entrance, acting, acting_for, set_actor
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


@pytest.mark.django_db
def test_a_request_is_told_apart_from_the_command_line():
    with acting(None, Entrance.API, ip_address="192.0.2.7", user_agent="x" * 300 + "\x00", request_id="r"):
        set_actor(UserFactory(), Entrance.API)
        inside = event_record(action="session.started")
    outside = event_record(action="session.started")

    assert (inside.ip_address, inside.user_agent, inside.request_id) == ("192.0.2.7", "x" * 200, "r")
    assert (outside.ip_address, outside.user_agent, outside.request_id) == (None, "", "")
    assert (inside.entrance, outside.entrance) == ("api", "command")
    assert inside.actor_id is not None
    assert outside.actor_id is None


@pytest.mark.django_db
def test_on_behalf_of_comes_from_the_context_or_is_said():
    principal, other = UserFactory(), UserFactory()

    with acting_for(principal):
        from_context = event_record(action="project.changed")
        said = event_record(action="project.changed", on_behalf_of=other)

    assert from_context.on_behalf_of == f"accounts.user:{principal.pk}"
    assert said.on_behalf_of == f"accounts.user:{other.pk}"
    assert event_record(action="project.changed").on_behalf_of == ""


@pytest.mark.django_db
def test_an_action_that_nobody_declared_is_a_fault():
    with pytest.raises(ValueError, match=r"“project\.vanished” is no declared action"):
        event_record(action="project.vanished")

    assert not Event.objects.exists()


@pytest.mark.django_db
def test_changes_tell_what_differs_and_hide_what_is_personal():
    user = UserFactory(full_name="Ada")
    before = state_of(user)
    user.full_name, user.is_active, user.email = "Grace", False, "grace@example.org"
    user.set_password("correct horse battery")

    event = event_record(action="staff.changed", obj=user, changes=changes_since(before, user))

    assert event.changes == {
        "full_name": "changed", "email": "changed", "password": "changed", "is_active": [True, False],
    }  # fmt: skip


@pytest.mark.django_db
def test_a_new_record_tells_all_that_it_holds():
    user = UserFactory(full_name="")

    told = changes_since({}, user)

    assert told["is_active"] == [None, True]
    assert "full_name" not in told


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Decimal("1.50"), "1.50"),
        (0.1, "0.1"),
        (datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T08:00:00.000005+00:00"),
        (date(2026, 11, 22), "2026-11-22"),
        ({"b": Decimal(1), "a": (1, None)}, {"b": "1", "a": [1, None]}),
        ("a\x00b\ud800", "ab?"),
        (b"\x01\xff", "01ff"),
        ({3, 1}, [1, 3]),
        (Entrance.API, "api"),
        ("x" * 2000, "x" * 2000),
        ("x" * 2001, "2,001 characters, sha256 " + sha256(b"x" * 2001).hexdigest()),
    ],
)
def test_values_stand_as_plain_json(value, kept):
    assert plain(value) == kept


@pytest.mark.parametrize(
    "field",
    ["password", "token_hash", "client_secret", "email", "guest_email", "ip_address", "user_agent", "full_name",
     "phone_number", "api_key", "username", "request_digest"],
)  # fmt: skip
def test_secrets_and_personal_data_are_redacted_in_every_model(field):
    assert is_redacted("anything.at_all", field)


def test_what_a_reader_needs_is_not_redacted():
    assert not any(
        is_redacted("registry.project", field)
        for field in ("project_name", "status", "country", "published", "vintage_year", "origin_digest")
    )
    assert is_redacted("transactions.retirement", "beneficiary_name")
