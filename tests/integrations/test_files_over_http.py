"""Files, entered readings and subscriptions over HTTP, by their owner and by somebody else; and staff's once more."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.roles import SUPER_ADMIN, VIEWER
from integrations.choices import InboxStatus, OutboxStatus
from integrations.models import IncomingDelivery, Reading, Upload, WebhookDelivery, WebhookEvent
from integrations.services.upload_processing import upload_process
from tests.api_clients import Api, buyer_client
from tests.factories import person
from tests.integrations.source_factories import source

pytestmark = pytest.mark.django_db
TEXT = b"Meter,Start,Consumption (kWh)\nM1,2025-01-15 00:00,0.25\nM1,2025-01-15 00:30,Null\n"
ENTRY = {"starts_at": "2025-01-01T00:00:00Z", "ends_at": "2025-02-01T00:00:00Z", "quantity": "5.5", "unit": "m3",
         "reading_type": "gas_consumption"}  # fmt: skip


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def owner():
    client = buyer_client()
    client.source = source(owner=client.user)
    client.path = f"/api/v1/datasources/{client.source.public_id}"
    return client


def put_up(client, path, content=TEXT, name="readings.csv"):
    return client.client.post(
        f"{path}/uploads", {"file": SimpleUploadedFile(name, content)}, headers=dict(client.headers)
    )


def test_a_file_from_upload_to_rejects(owner):
    made = put_up(owner, owner.path)
    assert made.status_code == 201, made.content
    upload = made.json()
    assert (upload["status"], upload["preview"]["proposal"]["unit"]) == ("uploaded", "kWh")

    confirmed = owner.post(f"{owner.path}/uploads/{upload['id']}/confirm", {"unit": "Wh", "timezone": "UTC"})
    assert (confirmed.status_code, confirmed.json()["status"]) == (202, "processing")
    upload_process(upload=Upload.objects.get())

    done = owner.get(f"{owner.path}/uploads/{upload['id']}").json()
    assert (done["status"], done["records_imported"], done["records_rejected"]) == ("processed", 1, 1)
    assert Reading.objects.get().unit == "Wh"
    rejects = b"".join(owner.get(done["rejects"]).streaming_content).decode("utf-8-sig").splitlines()
    assert rejects[1] == "3,There is no quantity (“Null”).,M1,2025-01-15 00:30,Null"
    assert owner.get(f"{owner.path}/uploads").json()["count"] == 1


def test_the_same_file_again_is_409_and_what_is_no_table_400(owner):
    put_up(owner, owner.path)

    assert put_up(owner, owner.path).json()["code"] == "upload_duplicate"
    assert put_up(owner, owner.path, b"nothing").status_code == 400
    assert put_up(owner, owner.path, b"").status_code == 400


def test_a_file_larger_than_allowed_is_413(owner, settings):
    settings.UPLOAD_MAX_BYTES = 1_000

    assert put_up(owner, owner.path, TEXT + b"x" * 1_200_000).status_code == 413


def test_to_somebody_else_there_is_no_such_source(owner):
    upload = put_up(owner, owner.path).json()
    other, nobody = buyer_client(), Api()

    for client, status in ((other, 404), (nobody, 401)):
        assert put_up(client, owner.path).status_code == status
        assert client.get(f"{owner.path}/uploads").status_code == status
        assert client.get(f"{owner.path}/uploads/{upload['id']}").status_code == status
        assert client.post(f"{owner.path}/uploads/{upload['id']}/confirm", {}).status_code == status
        assert client.post(f"{owner.path}/readings", {"readings": [ENTRY]}).status_code == status
        assert client.post(f"{owner.path}/webhook-address").status_code == status
    assert Upload.objects.get().status == "uploaded"


def test_readings_are_entered_all_or_none_and_entered_again_they_are_corrected(owner):
    path = f"{owner.path}/readings"

    refused = owner.post(path, {"readings": [ENTRY, {**ENTRY, "starts_at": "2025-01-15T00:00:00Z"}]})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"readings.1"})
    assert Reading.objects.count() == 0

    assert owner.post(path, {"readings": [ENTRY]}).json() == {"created": 1, "changed": 0, "unchanged": 0}
    assert owner.post(path, {"readings": [{**ENTRY, "quantity": 6}]}).json()["changed"] == 1
    assert [(r.quantity, r.quality) for r in Reading.objects.all()] == [(Decimal(6), "entered")]
    assert owner.post(path, {"readings": []}).status_code == 400
    assert owner.post(path, []).status_code == 400


def test_a_secret_is_told_once_and_a_subscription_is_its_owners(owner, settings):
    settings.OUTGOING_ALLOWED_HOSTS = settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1:9"]
    body = {"url": "http://127.0.0.1:9/hook", "event_types": ["credits.retired"]}

    made = owner.post("/api/v1/webhook-endpoints", body)

    assert made.status_code == 201, made.content
    path = f"/api/v1/webhook-endpoints/{made.json()['id']}"
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in owner.get(path).json()
    assert buyer_client().get(path).status_code == 404
    assert owner.post(f"{path}/test").status_code == 202
    assert owner.get(f"{path}/deliveries").json()["data"][0]["event_type"] == "webhook.test"
    assert owner.post(f"{path}/secret").json()["secret"] != made.json()["secret"]
    assert owner.patch(path, {"status": "disabled"}).json()["status"] == "disabled"
    assert owner.post(f"{path}/test").json()["code"] == "webhook_endpoint_disabled"
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    assert owner.post("/api/v1/webhook-endpoints", {**body, "url": "https://10.0.0.1/"}).status_code == 400


def test_staff_have_a_received_webhook_acted_on_once_more(client):
    row = IncomingDelivery.objects.create(
        channel="octopus-energy", webhook_id="m1", sent_at="2025-01-01T00:00:00Z", body=b"{}", status=InboxStatus.FAILED
    )
    path = reverse("admin:integrations_incomingdelivery_again", args=[row.pk])
    client.force_login(person(VIEWER))
    assert client.post(path, {"post": "yes"}).status_code == 403

    client.force_login(person(SUPER_ADMIN))
    assert b"m1" in client.get(path).content
    client.post(path, {"post": "yes"})

    row.refresh_from_db()
    assert row.status == InboxStatus.RECEIVED


def test_staff_have_a_webhook_sent_once_more(client, owner, settings):
    settings.OUTGOING_ALLOWED_HOSTS = settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1:9"]
    body = {"url": "http://127.0.0.1:9/hook", "event_types": ["credits.retired"]}
    made = owner.post("/api/v1/webhook-endpoints", body).json()
    owner.post(f"/api/v1/webhook-endpoints/{made['id']}/test")
    WebhookDelivery.objects.update(status=OutboxStatus.FAILED, next_attempt_at=None, finished_at="2025-01-01T00:00:00Z")
    delivery = WebhookDelivery.objects.get()
    client.force_login(person(SUPER_ADMIN))

    client.post(reverse("admin:integrations_webhookdelivery_again", args=[delivery.pk]), {"post": "yes"})

    delivery.refresh_from_db()
    assert (delivery.status, WebhookEvent.objects.count()) == (OutboxStatus.WAITING, 1)
    for name in ("upload", "incomingdelivery", "webhookdelivery", "webhookendpoint"):
        assert client.get(reverse(f"admin:integrations_{name}_changelist")).status_code == 200
    page = client.get(reverse("admin:integrations_webhookendpoint_change", args=[delivery.endpoint_id]))
    assert b"v1." not in page.content, "no envelope is shown"
