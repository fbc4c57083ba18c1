"""Inviting staff: a link that works once, a first password, and a second factor before anything opens."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import LinkRefused
from accounts.models import OneTimeLink, User
from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, VIEWER
from accounts.services import staff_invitation_accept, staff_invite, staff_invite_again, staff_update
from carboncore.audit.models import Event
from carboncore.common.errors import NotAllowed, StateConflict
from tests.admin.pages import text_of
from tests.factories import PASSWORD, person
from tests.mailbox import last_mail, mails_to

pytestmark = pytest.mark.django_db
MAIL = "new.officer@example.org"


def link_mailed():
    return re.search(r"https?://[^/\s]+(/staff/invitation/[A-Za-z0-9_-]{43})", last_mail(MAIL).body).group(1)


def token_mailed():
    return link_mailed().rsplit("/", 1)[1]


def test_from_the_admin_page_to_the_way_to_a_second_factor(clock):
    chief = person(SUPER_ADMIN, full_name="Chief of Staff")
    client = Client()
    client.force_login(chief)

    # given an account made without a password
    client.post(reverse("admin:accounts_user_add"), {"email": MAIL, "full_name": "New Officer", "password": ""})
    user = User.objects.get(email=MAIL)
    assert not user.has_usable_password()
    told = last_mail(MAIL)
    assert told.subject == "You are invited to the staff of the registry"
    assert "Chief of Staff" in told.body

    # when the person opens the link and chooses a password
    person_there = Client()
    assert MAIL in text_of(person_there.get(link_mailed()))
    weak = person_there.post(link_mailed(), {"password": "short", "repeated": "short"})
    assert weak.status_code == 400
    answer = person_there.post(link_mailed(), {"password": PASSWORD, "repeated": PASSWORD})

    # then they are led to the factor, and nothing else opens
    assert answer["Location"] == "/staff/security/"
    assert person_there.get("/staff/security/").status_code == 200
    assert person_there.get("/staff/")["Location"] == "/staff/security/"
    events = Event.objects.filter(object_id=str(user.pk), action__startswith="staff").order_by("pk")
    assert [*events.values_list("action", flat=True)] == ["staff.created", "staff.invited", "staff.password_set"]
    # and the link is used up
    assert "works no more" in text_of(Client().get(link_mailed()))


def test_a_link_works_once_and_for_three_days(clock):
    staff_invite(actor=person(SUPER_ADMIN), email=MAIL)
    token = token_mailed()
    clock.shift(timedelta(days=3, seconds=1))

    with pytest.raises(LinkRefused):
        staff_invitation_accept(token=token, password=PASSWORD)

    assert not User.objects.get(email=MAIL).has_usable_password()


def test_only_the_digest_of_the_link_is_kept(clock):
    staff_invite(actor=person(SUPER_ADMIN), email=MAIL)

    assert token_mailed() not in str([*OneTimeLink.objects.values_list()])


def test_another_invitation_replaces_the_first(clock):
    chief = person(SUPER_ADMIN)
    user = staff_invite(actor=chief, email=MAIL)
    first = token_mailed()

    staff_invite_again(actor=chief, pk=user.pk)

    assert len(mails_to(MAIL)) == 2
    with pytest.raises(LinkRefused):
        staff_invitation_accept(token=first, password=PASSWORD)
    assert staff_invitation_accept(token=token_mailed(), password=PASSWORD) == user
    with pytest.raises(StateConflict):
        staff_invite_again(actor=chief, pk=user.pk)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}])
def test_the_link_of_somebody_deactivated_is_refused(clock, fields):
    chief = person(SUPER_ADMIN)
    user = staff_invite(actor=chief, email=MAIL)
    staff_update(actor=chief, pk=user.pk, fields=fields)

    with pytest.raises(LinkRefused):
        staff_invitation_accept(token=token_mailed(), password=PASSWORD)
    staff_update(actor=chief, pk=user.pk, fields=dict.fromkeys(fields, True))
    with pytest.raises(LinkRefused):
        staff_invitation_accept(token=token_mailed(), password=PASSWORD)

    user.refresh_from_db()
    assert not user.has_usable_password()


def test_a_link_of_another_kind_opens_nothing_here(clock):
    from accounts.choices import LinkPurpose
    from accounts.services.links import link_issue
    from tests.factories import buyer

    for user in (buyer(), person(VIEWER)):
        token = link_issue(user=user, purpose=LinkPurpose.RESET_PASSWORD, lasts=timedelta(hours=1))
        with pytest.raises(LinkRefused):
            staff_invitation_accept(token=token.text, password="eleven loud geese in the reeds")
        assert User.objects.get(pk=user.pk).password == user.password


@pytest.mark.parametrize("role", [REGISTRY_OFFICER, VIEWER])
def test_nobody_else_invites(role):
    with pytest.raises(NotAllowed):
        staff_invite(actor=person(role), email=MAIL)

    assert not User.objects.filter(email=MAIL).exists()
    assert mails_to(MAIL) == []
