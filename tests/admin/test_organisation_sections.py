"""An organisation's staff page: what it buys and measures, for who may see it, in few queries, with ways both ways."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import StaffScope
from accounts.roles import SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from accounts.services import organisation_approve, organisation_create
from integrations.choices import ConnectionProblem, ConnectionStatus, SyncStatus, UploadStatus
from integrations.models import Emission, EmissionRun, SyncRun, Upload, WebhookEndpoint
from integrations.selectors.organisations import organisation_footprint
from tests.admin.pages import read_page, text_of
from tests.factories import UserFactory, person
from tests.integrations.source_factories import provider_row, source
from tests.ledger_factories import registered_project
from transactions.models import HoldingAccount, Transaction
from transactions.services import holding_account_open

pytestmark = pytest.mark.django_db
TITLES = ("Open purchases", "Data sources", "Last syncs", "Footprint of the last 12 months", "Uploaded files",
          "Webhook addresses")  # fmt: skip
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def bakery():
    made = organisation_create(actor=UserFactory(is_staff=False), name="Harbour Bakery", country="PT")
    return organisation_approve(actor=person(SUPER_ADMIN), pk=made.pk)


def page(organisation):
    return f"/staff/accounts/organisation/{organisation.pk}/change/"


def emission(row, month, scope, kg, **fields):
    run, _ = EmissionRun.objects.get_or_create(connection=row)
    method = "location" if scope == 2 else "both"
    values = {"reading_type": "ai_usage", "activity": "x", "read_unit": "kWh", "quality": "measured", "unit": "kWh",
              "line": "direct", "method": method, "basis": "model", "quantity": 1, "starts_at": NOW, "ends_at": NOW,
              "reading_count": 1, "reading_ids": "{[1,2)}", "inputs": {}, **fields}  # fmt: skip
    category = 3 if scope == 3 else None
    return Emission.objects.create(
        connection=row, run=run, month=month, scope=scope, category=category, kg_co2e=Decimal(kg), **values
    )


def sync(row, **fields):
    return SyncRun.objects.create(connection=row, sync_type="scheduled", finished_at=NOW, **fields)


def upload(row, name="may.csv"):
    return Upload.objects.create(
        connection=row, uploaded_by=UserFactory(is_staff=False), file_name=name, size_bytes=3, sha256=name,
        status=UploadStatus.ERROR, message="It has no column of quantities.", finished_at=NOW,
    )  # fmt: skip


def endpoint(organisation, url="https://hooks.example.org/in"):
    return WebhookEndpoint.objects.create(
        organisation=organisation, url=url, event_types=["sync.finished"], envelope="v1.x"
    )


def purchase(organisation, project, **fields):
    account = HoldingAccount.objects.filter(organisation=organisation).first()
    account = account or holding_account_open(organisation=organisation, name="Office")
    values = {"transaction_type": "purchase", "status": "reserved", "quantity_kg": 1_500, "currency": "EUR",
              "total_amount": Decimal("18.75"), "payment_method": "invoice", "expires_at": NOW, **fields}  # fmt: skip
    return Transaction.objects.create(project=project, to_account=account, **values)


def test_the_page_tells_what_an_organisation_buys_and_measures(as_role, bakery):
    # given a source that works, one that does not and one that is gone, and something of each kind
    broken = source(
        provider_row("edf", name="EDF"), organisation=bakery, display_name="Warehouse", status=ConnectionStatus.ERROR,
        problem=ConnectionProblem.CREDENTIALS_REFUSED, last_synced_at=NOW,
    )  # fmt: skip
    working = source(organisation=bakery, display_name="Shop")
    source(organisation=bakery, display_name="Old flat", account_reference="B", status=ConnectionStatus.DISABLED,
           disconnected_at=NOW)  # fmt: skip
    source(display_name="Somebody else's", account_reference="C")
    sync(working, status=SyncStatus.PARTIAL, records_created=1_200, records_changed=3, records_failed=2)
    upload(working)
    endpoint(bakery)
    bought = purchase(bakery, registered_project(project_name="Stoves"))
    purchase(bakery, bought.project, status="completed")
    this_month = timezone.now().date().replace(day=1)
    emission(working, this_month, 1, "1200.5")
    emission(working, this_month, 2, "34.1255", reading_type="electricity_consumption")
    emission(working, this_month, 3, "7", reading_type="gas_consumption", out_of_date_at=NOW)

    client = as_role(TRANSACTIONS_OFFICER)
    response = client.get(page(bakery))

    told = text_of(response)
    assert f"No. {bought.pk} Reserved Stoves 1.500 18.75 EUR Invoice" in told
    assert "04 May 2026 09:30 UTC" in told
    assert f"No. {bought.pk + 1} " not in told
    assert "Warehouse EDF Error The provider refused the credentials 04 May 2026 09:30 not planned" in told
    assert "Shop Metering Active – never not planned" in told
    assert "Old flat Metering Disconnected Disconnected by its owner never" in told
    assert told.index("Warehouse EDF") < told.index("Shop Metering") < told.index("Old flat Metering")
    assert "Somebody else's" not in told
    assert "Shop Scheduled Partial 1,200 3 2 –" in told
    assert "may.csv Shop Error 0 0 It has no column of quantities." in told
    assert "https://hooks.example.org/in sync.finished Active – never –" in told
    assert f"{this_month:%b %Y} 1,200.500 34.126 7.000 1,241.626" in told
    assert "Together 1,200.500 34.126 7.000 1,241.626" in told
    assert "Out of date, because readings were corrected since: 1 of the results." in told
    # and ways there and back
    links = read_page(response).links
    assert f"/staff/integrations/connection/{broken.pk}/change/" in links
    for way in (f"connection/?organisation__id__exact={bakery.pk}",
                f"emission/?connection__organisation__id__exact={bakery.pk}",
                f"upload/?connection__organisation__id__exact={bakery.pk}"):  # fmt: skip
        assert f"/staff/integrations/{way}" in links
        assert client.get(f"/staff/integrations/{way}").status_code == 200, way
    assert page(bakery) in read_page(client.get(f"/staff/integrations/connection/{broken.pk}/change/")).links


def test_a_list_narrowed_to_an_organisation_holds_nothing_of_others(as_role, bakery):
    upload(source(organisation=bakery), "ours.csv")
    upload(source(), "theirs.csv")

    told = text_of(as_role(VIEWER).get(f"/staff/integrations/upload/?connection__organisation__id__exact={bakery.pk}"))

    assert "ours.csv" in told
    assert "theirs.csv" not in told


def test_an_empty_organisation_says_what_comes_next(as_role, bakery):
    told = text_of(as_role(TRANSACTIONS_OFFICER).get(page(bakery)))

    assert "No purchase waits for its payment." in told
    assert "It has connected no data source yet. Its owners and traders connect one, or upload a file." in told
    assert "Nothing was calculated for these months." in told


def test_each_table_is_for_who_may_see_its_list(as_role, bakery):
    # given somebody who may see organisations and nothing else, and a viewer, who may not see any
    clerk = as_role()
    clerk.user.user_permissions.add(Permission.objects.get(codename="view_organisation"))
    row = source(organisation=bakery)

    told = text_of(clerk.get(page(bakery)))

    assert "Members" in told
    assert [title for title in TITLES if title in told] == []
    clerk.user.user_permissions.add(Permission.objects.get(codename="view_emission"))
    assert [title for title in TITLES if title in text_of(clerk.get(page(bakery)))] == [TITLES[3]]
    viewer = as_role(VIEWER)
    assert viewer.get(page(bakery)).status_code == 403
    shown = viewer.get(f"/staff/integrations/connection/{row.pk}/change/")
    assert "Harbour Bakery" in text_of(shown)
    assert page(bakery) not in read_page(shown).links


def test_purchases_of_projects_out_of_reach_are_not_there(as_role, bakery):
    bought = purchase(bakery, registered_project(project_name="Stoves"))
    limited = as_role(TRANSACTIONS_OFFICER)
    scope = StaffScope.objects.create(user=limited.user, countries=[bought.project.country_id])

    assert "Stoves" in text_of(limited.get(page(bakery)))
    scope.countries = ["FR" if bought.project.country_id != "FR" else "PT"]
    scope.save()
    assert "Stoves" not in text_of(limited.get(page(bakery)))


def test_many_rows_take_no_more_queries_than_one(as_role, bakery):
    client, project = as_role(TRANSACTIONS_OFFICER), registered_project(project_name="Stoves")

    def add(number):
        row = source(organisation=bakery, account_reference=f"A-{number}")
        sync(row, status=SyncStatus.SUCCESS)
        upload(row, f"{number}.csv")
        emission(row, timezone.now().date().replace(day=1), 1, "1")
        endpoint(bakery, f"https://hooks.example.org/{number}")
        purchase(bakery, project)

    def queries():
        client.get(page(bakery))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(page(bakery)).status_code == 200
        return len(caught)

    add(0)
    few = queries()
    for number in range(1, 8):
        add(number)

    assert queries() == few


def test_the_footprint_is_of_twelve_months_across_the_turn_of_the_year(bakery):
    row = source(organisation=bakery)
    emission(row, date(2025, 1, 1), 1, "100")
    emission(row, date(2025, 2, 1), 1, "1.5")
    emission(row, date(2026, 1, 1), 1, "2.25")
    emission(row, date(2026, 2, 1), 1, "1000")
    emission(row, date(2026, 1, 1), 2, "900", method="market")
    emission(row, date(2025, 3, 1), 1, "5000", superseded_at=NOW)

    found = organisation_footprint(bakery, today=date(2026, 1, 31))

    assert [month.month for month in found.months][::11] == [date(2026, 1, 1), date(2025, 2, 1)]
    assert (len(found.months), found.total, found.results) == (12, Decimal("3.75"), 2)
    assert found.months[1].by_scope == {}
