"""The transfer limit of an organisation and its documents: who sets, agrees, shows and reads them."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.errors import ConsentOver, SecondMemberMissing, SecondMemberNeeded
from accounts.models import LimitRequest, Organisation, OrganisationDocument
from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER
from accounts.services import (
    membership_remove,
    membership_set,
    organisation_approve,
    organisation_create,
    organisation_limit_approve,
    organisation_limit_reject,
    organisation_limit_set,
)
from carboncore.audit.models import Event
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound
from tests.api_clients import api, buyer_client, staff  # noqa: F401 - two are fixtures
from tests.factories import PDF, buyer, member_of, person
from tests.mailbox import last_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def bakery():
    owner = buyer(username="owner_1")
    found = organisation_create(actor=owner, name="Harbour Bakery", country="PT")
    found.people = {"owner": owner, "second": buyer(username="second_1"), "trader": buyer(username="trader_1")}
    for name, role in (("second", "owner"), ("trader", "trader")):
        member_of(found, found.people[name], role)
    return found


def limit_of(bakery):
    return Organisation.objects.get(pk=bakery.pk).transfer_limit_kg


def test_stricter_holds_at_once_and_looser_needs_a_second_owner(bakery):
    owner, second = bakery.people["owner"], bakery.people["second"]

    assert organisation_limit_set(actor=owner, organisation=bakery, limit_kg=5_000)[1] is None
    assert organisation_limit_set(actor=second, organisation=bakery, limit_kg=1_000)[1] is None
    assert limit_of(bakery) == 1_000
    for looser in (1_001, None):
        organisation_limit_set(actor=owner, organisation=bakery, limit_kg=looser)
        assert limit_of(bakery) == 1_000
    assert last_mail(second.email).subject == "Harbour Bakery: a higher limit waits for you"
    assert list(LimitRequest.objects.order_by("pk").values_list("limit_kg", "state")) == [
        (1_001, "withdrawn"),
        (None, "pending"),
    ]
    with pytest.raises(SecondMemberNeeded):
        organisation_limit_approve(actor=owner, organisation=bakery)

    organisation_limit_approve(actor=second, organisation=bakery)

    assert limit_of(bakery) is None
    assert "approved" in last_mail(owner.email).subject
    with pytest.raises(NotFound):
        organisation_limit_approve(actor=second, organisation=bakery)


def test_a_refused_late_or_orphaned_request_changes_nothing(bakery):
    owner, second = bakery.people["owner"], bakery.people["second"]
    organisation_limit_set(actor=owner, organisation=bakery, limit_kg=1_000)

    organisation_limit_set(actor=owner, organisation=bakery, limit_kg=2_000)
    organisation_limit_reject(actor=second, organisation=bakery)
    organisation_limit_set(actor=owner, organisation=bakery, limit_kg=2_000)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)), pytest.raises(ConsentOver):
        organisation_limit_approve(actor=second, organisation=bakery)
    membership_set(actor=second, organisation=bakery, user=owner, role="trader")
    with pytest.raises(ConsentOver):
        organisation_limit_approve(actor=second, organisation=bakery)

    assert limit_of(bakery) == 1_000


def test_who_sets_a_limit_and_what_is_none(bakery):
    for actor in (bakery.people["trader"], buyer(username="stranger"), person(REGISTRY_OFFICER)):
        with pytest.raises(NotAllowed):
            organisation_limit_set(actor=actor, organisation=bakery, limit_kg=1_000)
    for wrong in (0, -1, 10**12 + 1):
        with pytest.raises(InvalidInput):
            organisation_limit_set(actor=bakery.people["owner"], organisation=bakery, limit_kg=wrong)
    assert limit_of(bakery) is None


def test_a_sole_owner_raises_alone_and_a_sole_mover_sets_none(bakery):
    owner = bakery.people["owner"]
    organisation_limit_set(actor=owner, organisation=bakery, limit_kg=1_000)
    membership_remove(actor=owner, organisation=bakery, user=bakery.people["second"])
    assert organisation_limit_set(actor=owner, organisation=bakery, limit_kg=2_000)[1] is None
    membership_remove(actor=owner, organisation=bakery, user=bakery.people["trader"])

    with pytest.raises(SecondMemberMissing):
        organisation_limit_set(actor=owner, organisation=bakery, limit_kg=500)

    assert limit_of(bakery) == 2_000


def upload(client, address, name="extract.pdf", content=PDF, **fields):
    form = {"title": "Extract of the register", "file": SimpleUploadedFile(name, content), **fields}
    return client.client.post(address, form, headers=client.headers)


def test_documents_from_an_owner_to_the_officer_who_decides(staff, api):  # noqa: F811
    owner, viewer, stranger = (buyer_client(username=name) for name in ("owner_1", "viewer_1", "stranger"))
    mill = organisation_create(actor=owner.user, name="Mill", country="PT")
    member_of(mill, viewer.user, "viewer")
    address, officer, desk = (
        f"/organisations/{mill.public_id}/documents",
        staff(REGISTRY_OFFICER),
        staff(TRANSACTIONS_OFFICER),
    )

    added = upload(owner, address)
    assert added.status_code == 201, added.content
    one = f"{address}/{added.json()['id']}"
    for client in (owner, viewer, officer):
        assert [row["title"] for row in client.get(address).json()] == ["Extract of the register"]
        answer = client.get(one)
        assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PDF)
        assert answer["Content-Disposition"] == 'attachment; filename="extract.pdf"'
    assert Event.objects.filter(action="user.personal_data_read").count() == 1
    for client, status in ((desk, 403), (stranger, 404), (api, 401)):
        assert client.get(address).status_code == client.get(one).status_code == status
        assert client.delete(one).status_code == status
    for client, status in ((viewer, 403), (stranger, 404), (desk, 403)):
        assert upload(client, address).status_code == status
    for name, content in (("a.exe", b"MZ"), ("a.pdf", b"no pdf"), ("a.pdf", b""), ("a.svg", b"<svg/>")):
        assert upload(owner, address, name, content).status_code == 400
    assert upload(owner, address, title=" ").status_code == 400
    assert upload(owner, address, extra="x").status_code == 400
    assert owner.post(address, {"title": "x"}).status_code == 415
    assert OrganisationDocument.objects.count() == 1

    second = f"{address}/{upload(owner, address, title='Statutes').json()['id']}"
    assert viewer.delete(second).status_code == 403
    assert owner.delete(second).status_code == 200
    organisation_approve(actor=officer.user, pk=mill.pk)
    assert owner.delete(one).status_code == 409
    assert OrganisationDocument.objects.get().title == "Extract of the register"


def test_the_limit_and_the_members_over_the_api(api):  # noqa: F811
    owner, second, stranger = (buyer_client(username=name) for name in ("owner_1", "second_1", "stranger"))
    mill = organisation_create(actor=owner.user, name="Mill", country="PT")
    address = f"/organisations/{mill.public_id}"

    invited = owner.post(f"{address}/invitations", {"email": second.user.email, "role": "owner"})
    assert (invited.status_code, invited.json()["state"]) == (201, "open")
    assert owner.post(f"{address}/invitations", {"email": second.user.email, "role": "owner"}).status_code == 409
    (waiting,) = second.get("/users/me/invitations").json()
    assert (waiting["organisation"], waiting["role"]) == ("Mill", "owner")
    answer = f"/users/me/invitations/{waiting['id']}"
    assert stranger.post(f"{answer}/accept").status_code == 404
    assert api.post(f"{answer}/accept").status_code == 401
    assert second.post(f"{answer}/accept").status_code == 200
    assert second.post(f"{answer}/accept").status_code == 409
    one = f"{address}/invitations/{waiting['id']}"
    assert owner.delete(one).status_code == owner.post(f"{one}/resend").status_code == 409
    assert stranger.get(f"{address}/invitations").status_code == 404

    assert owner.put(f"{address}/transfer-limit", {"limit": "2.5"}).json() == {"limit": "2.500", "asked": None}
    asked = owner.put(f"{address}/transfer-limit", {"limit": None})
    assert (asked.status_code, asked.json()["limit"], asked.json()["asked"]["limit"]) == (202, "2.500", None)
    assert owner.post(f"{address}/transfer-limit/approve").status_code == 403
    assert second.post(f"{address}/transfer-limit/approve").json() == {"limit": None, "asked": None}
    for wrong in ({}, {"limit": 0}, {"limit": "-1"}, {"limit": "1.0001"}, {"limit": True}, {"limit": "1", "by": "x"}):
        assert owner.put(f"{address}/transfer-limit", wrong).status_code == 400

    handed = owner.post(f"{address}/hand-over", {"user": str(second.user.public_id), "own_role": "viewer"})
    assert handed.status_code == 200
    assert owner.put(f"{address}/transfer-limit", {"limit": "1"}).status_code == 403
    assert owner.get(f"{address}/invitations").status_code == 403
    assert [row["role"] for row in owner.get(f"{address}/members").json()] == ["viewer", "owner"]
