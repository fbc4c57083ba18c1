"""The pages of data sources: connecting, reading, files and figures by forms alone, for those who may."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.choices import MembershipRole
from integrations.models import Connection, ConnectionCredential, Reading, SyncReject, SyncRun, Upload
from integrations.services.credentials import credentials_open
from integrations.services.upload_processing import upload_process
from tests.accounts.people.test_pages import Browser, sign_in, words
from tests.doubles.kraken_server import ACCOUNT, API_KEY
from tests.doubles.oauth_server import callback
from tests.doubles.provider_server import WAIT
from tests.factories import buyer, member_of
from tests.integrations.emissions.conftest import organisation_of
from tests.integrations.source_factories import provider_row, source

pytest_plugins = ("tests.integrations.source_fixtures",)
pytestmark = pytest.mark.django_db
PAGE = "/account/data-sources"
OCTOPUS, CSV = f"{PAGE}/connect/octopus-energy", f"{PAGE}/connect/csv-upload"
TEXT = b"Meter,Start,Consumption (kWh)\nM1,2025-01-15 00:00,0.25\nM1,2025-01-15 00:30,Null\n"


@pytest.fixture
def user():
    return buyer()


@pytest.fixture
def browser(user):
    return signed_in(user)


def signed_in(user):
    browser = Browser()
    sign_in(browser, user.email)
    return browser


def page_of(row, rest=""):
    return f"{PAGE}/{row.public_id}{rest}"


def settings_given(**more):
    return {"display_name": "", "site": "", "country_code": "GB", "sync_frequency": "daily", **more}


def test_a_person_connects_by_key_and_sees_it_in_the_list(kraken, user, browser):
    assert "Nothing is connected yet." in words(browser.get(PAGE))
    guide = browser.get(OCTOPUS).content.decode()
    assert "<strong>Personal details → API access</strong>" in guide

    made = browser.send(OCTOPUS, settings_given(**{"credentials.apiKey": API_KEY, "site": "Leeds"}))

    row = Connection.objects.get()
    assert (made.status_code, made["Location"]) == (302, page_of(row))
    assert (row.owner, row.site, row.account_reference, row.status) == (user, "Leeds", ACCOUNT, "active")
    assert credentials_open(connection=row) == {"apiKey": API_KEY}
    said = words(browser.get(PAGE))
    assert f"Octopus Energy Octopus Energy · Leeds · account {ACCOUNT}" in said
    assert "Connected The first readings are on their way. Last read –" in said
    assert "no-store" in browser.get(page_of(row))["Cache-Control"]


def test_a_wrong_key_is_refused_beside_its_field_and_not_put_back(kraken, browser):
    given = settings_given(**{"credentials.apiKey": "sk_wrong_key", "credentials.accountNumber": "A-99999999"})
    refused = browser.send(OCTOPUS, given)

    text = refused.content.decode()
    assert refused.status_code == 400
    field = re.search(r'<div class="field wrong">.*?</div>', text, re.DOTALL)[0]
    assert 'name="credentials.apiKey"' in field
    assert reasons(refused) == {"The supplier refused the credentials. Enter valid ones."}
    assert "sk_wrong_key" not in text
    assert "A-99999999" not in text
    assert not Connection.objects.exists()
    assert not ConnectionCredential.objects.exists()


def test_a_provider_that_asks_to_wait_says_nothing_about_the_key(kraken, browser):
    kraken.faults.append(WAIT)

    refused = browser.send(OCTOPUS, settings_given(**{"credentials.apiKey": API_KEY}))

    assert refused.status_code == 503
    assert API_KEY not in refused.content.decode()
    missing = browser.send(OCTOPUS, settings_given())
    assert (missing.status_code, "Give API key." in words(missing)) == (400, True)


def test_what_cannot_be_connected_says_so_and_names_what_works(catalogue, browser):
    said = words(browser.get(f"{PAGE}/connect/british-gas"))

    assert "No public interface: see what works instead" in said
    assert "Hildebrand Glowmarkt (Bright) : free, for your own home, any supplier in Great Britain." in said
    assert '<form method="post" class="card"' not in browser.get(f"{PAGE}/connect/british-gas").content.decode()
    assert browser.get(f"{PAGE}/connect/nobody").status_code == 404
    refused = browser.send(f"{PAGE}/connect/british-gas", settings_given(), page=CSV)
    assert refused.status_code == 409
    assert "British Gas offers no interface for its customers' data." in words(refused).replace("&#x27;", "'")


def test_a_permission_is_asked_for_and_the_browser_comes_back_to_the_list(provider, settings, browser):
    settings.OAUTH_RETURN_URL = "https://app.example.org/sources"
    asked = browser.send(f"{PAGE}/connect/edf-energy", settings_given())

    address = re.search(rf'href="({provider.url}/authorize[^"]+)"', asked.content.decode())[1].replace("&amp;", "&")
    back = browser.get(callback(provider.consent(address)))

    assert (back.status_code, back["Location"]) == (302, PAGE)
    assert Connection.objects.get().status == "active"
    assert "“EDF” is connected, and its first readings are on their way." in words(browser.get(PAGE))


def test_nobody_else_who_is_signed_in_gives_the_permission(provider, browser):
    asked = browser.send(f"{PAGE}/connect/edf-energy", settings_given())
    address = re.search(rf'href="({provider.url}/authorize[^"]+)"', asked.content.decode())[1].replace("&amp;", "&")

    refused = signed_in(buyer()).get(callback(provider.consent(address)))

    assert "This permission was asked for by somebody else" in words(refused)
    assert Connection.objects.get().status == "pending"


def test_a_file_goes_from_preview_to_readings_and_rejects(catalogue, browser):
    browser.send(CSV, settings_given(display_name="Office"))
    row = Connection.objects.get()
    brought = bring(browser, row)
    kept = Upload.objects.get()
    file = page_of(row, f"/uploads/{kept.public_id}")
    assert (brought.status_code, brought["Location"]) == (302, file)

    shown = browser.get(file)
    assert "0.25 kWh · 15 Jan 2025, 00:00 to 15 Jan 2025, 00:30 UTC · M1" in words(shown)
    assert "There is no quantity (“Null”)." in words(shown)
    layout = chosen(shown)
    assert layout["mapping.quantity"] == "Consumption (kWh)"
    looked = browser.send(file, {**layout, "unit": "Wh", "do": "look"})
    assert "0.25 Wh · 15 Jan 2025, 00:00" in words(looked)
    wrong = browser.send(file, {**layout, "unit": "", "mapping.quantity": "", "do": "confirm"})
    assert wrong.status_code == 400
    assert {"Name the column.", "Name the unit, such as kWh, or the column that tells it."} <= reasons(wrong)
    assert Upload.objects.get().status == "uploaded"
    assert browser.send(file, {**layout, "unit": "Wh", "timezone": "UTC", "do": "confirm"})["Location"] == file
    assert "It is being read: 0 %" in words(browser.get(file))
    upload_process(upload=Upload.objects.get())

    assert "1 readings taken over 1 rows rejected" in words(browser.get(file))
    assert (Reading.objects.get().unit, Reading.objects.get().quantity) == ("Wh", Decimal("0.25"))
    lines = b"".join(browser.get(f"{file}/rejects.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1] == "3,There is no quantity (“Null”).,M1,2025-01-15 00:30,Null"
    again = bring(browser, row)
    assert again.status_code == 409
    assert "This file was uploaded on" in words(again)


def test_a_figure_covers_its_days_where_the_source_is(catalogue, browser):
    browser.send(f"{PAGE}/connect/manual-entry", settings_given(display_name="Van"))
    row = Connection.objects.get()
    figure = {"reading_type": "fuel_consumption", "quantity": "41.5", "unit": "litre", "first_day": "2025-06-01",
              "last_day": "2025-06-30", "series": "van"}  # fmt: skip

    stored = browser.send(page_of(row, "/readings"), figure, page=page_of(row))
    refused = browser.send(page_of(row, "/readings"), {**figure, "unit": "spoons"}, page=page_of(row))

    assert stored.status_code == 302
    reading = Reading.objects.get()
    # British summer time: midnight there is eleven in the evening, UTC.
    assert (reading.starts_at, reading.ends_at) == (datetime(2025, 5, 31, 23, tzinfo=UTC),
                                                    datetime(2025, 6, 30, 23, tzinfo=UTC))  # fmt: skip
    assert (reading.quantity, reading.unit, reading.quality) == (Decimal("41.5"), "litre", "entered")
    assert refused.status_code == 400
    assert "“spoons” is no unit that is known here" in words(refused)


def test_an_organisations_sources_are_seen_by_viewers_and_changed_by_traders(catalogue, user, browser):
    viewer, stranger = signed_in(someone := buyer()), signed_in(buyer())
    mill = organisation_of(user)
    member_of(mill, someone, MembershipRole.VIEWER)
    browser.send(CSV, settings_given(display_name="Mill files", organisation=str(mill.public_id)))
    row = Connection.objects.get()
    assert (row.organisation, row.owner) == (mill, None)

    shown = words(viewer.get(PAGE))
    assert "Mill Mill files CSV or Excel upload" in shown
    assert "Disconnect" not in shown
    assert "Upload a file" not in words(viewer.get(page_of(row)))
    assert "Mill files" not in words(stranger.get(PAGE))
    assert str(mill.public_id) not in viewer.get(CSV).content.decode()
    for each in (viewer, stranger):
        for rest in ("/sync", "/readings", "/change", "/credentials", "/pause", "/uploads", "/webhook"):
            assert each.send(page_of(row, rest), page=CSV).status_code == 404, rest
        assert each.get(page_of(row, "/disconnect")).status_code == 404
        assert each.send(page_of(row, "/disconnect"), {"history": "erase"}, page=CSV).status_code == 404
    assert stranger.get(page_of(row)).status_code == 404
    assert Connection.objects.get().disconnected_at is None
    assert Browser().get(page_of(row))["Location"].startswith("/account/sign-in?next=")


def test_syncs_rejects_and_gaps_are_shown_and_one_is_asked_for(user, browser):
    row = source(provider_row("bright", adapter="glowmarkt"), owner=user)
    run = SyncRun.objects.create(
        connection=row, sync_type="scheduled", status="partial", records_created=47, records_failed=1,
        finished_at=timezone.now(),
    )  # fmt: skip
    SyncReject.objects.create(run=run, external_id="=1+1", reason="No quantity.")

    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    for at in (0, 1, 4):  # two that follow one another, then two hours of nothing
        begins = hour + timedelta(hours=at)
        Reading.objects.create(
            connection=row, reading_type="electricity_consumption", external_id=f"m:{at}", series="m", quantity=1,
            unit="kWh", starts_at=begins, ends_at=begins + timedelta(hours=1),
        )  # fmt: skip

    assert "Readings 3 Gaps, last 30 days 1 Sync now" in words(browser.get(PAGE))
    asked = browser.send(page_of(row, "/sync"), page=page_of(row))
    shown = words(browser.get(page_of(row)))

    assert asked.status_code == 302
    assert "It is being read: queued, 0 %" in shown
    assert "Scheduled Partial: some records were rejected 47 0 1 rejected records as CSV" in shown
    assert "No reading Electricity used · m" in shown
    rejects = browser.get(page_of(row, f"/syncs/{run.public_id}/rejects.csv")).content.decode().splitlines()
    assert rejects[1] == "'=1+1,,,,No quantity."
    browser.send(page_of(row, "/sync"), page=page_of(row))
    assert "A sync of this data source is under way already" in words(browser.get(page_of(row)))


def test_new_credentials_take_the_place_of_refused_ones_and_a_source_pauses_and_goes_on(kraken, browser):
    browser.send(OCTOPUS, settings_given(**{"credentials.apiKey": API_KEY}))
    row = Connection.objects.get()
    refused = {"status": "error", "problem": "credentials_refused", "error_message": "The key is refused."}
    Connection.objects.update(**refused, next_sync_at=None)
    assert "Needs attention The key is refused. Enter new credentials." in words(browser.get(PAGE))

    wrong = browser.send(page_of(row, "/credentials"), {"credentials.apiKey": "sk_wrong_key"}, page=page_of(row))
    right = browser.send(page_of(row, "/credentials"), {"credentials.apiKey": API_KEY}, page=page_of(row))

    assert (wrong.status_code, reasons(wrong)) == (400, {"The supplier refused the credentials. Enter valid ones."})
    assert "sk_wrong_key" not in wrong.content.decode()
    assert (right.status_code, Connection.objects.get().status) == (302, "active")
    browser.send(page_of(row, "/pause"), page=page_of(row))
    assert "Paused Nothing is read. Press “Go on” to read it again." in words(browser.get(page_of(row)))
    browser.send(page_of(row, "/go-on"), page=page_of(row))
    assert Connection.objects.get().status == "active"
    changed = settings_given(display_name="Home", gas_unit="kWh", sync_frequency="weekly")
    browser.send(page_of(row, "/change"), changed, page=page_of(row))
    row.refresh_from_db()
    assert (row.display_name, row.settings["gas_unit"], row.sync_frequency) == ("Home", "kWh", "weekly")


def test_a_webhooks_secret_is_shown_once(catalogue, browser):
    browser.send(f"{PAGE}/connect/generic-webhook", settings_given(display_name="Boiler"))
    row = Connection.objects.get()

    made = browser.send(page_of(row, "/webhook"), page=page_of(row))

    assert re.search(
        r"Send readings to http\S+/api/v1/webhooks/generic/[0-9a-f-]{36} , signed with this secret", words(made)
    )
    secret = re.search(r"whsec_[^<]+", made.content.decode())[0]
    assert secret not in browser.get(page_of(row)).content.decode()


@pytest.mark.parametrize(("history", "left"), [("keep", 1), ("erase", 0)])
def test_disconnecting_asks_what_becomes_of_the_history(catalogue, browser, history, left):
    browser.send(f"{PAGE}/connect/manual-entry", settings_given(display_name="Van"))
    row = Connection.objects.get()
    browser.send(
        page_of(row, "/readings"),
        {"reading_type": "fuel_consumption", "quantity": "1", "unit": "litre", "first_day": "2025-06-01",
         "last_day": "2025-06-01"},
        page=page_of(row),
    )  # fmt: skip
    assert browser.send(page_of(row, "/disconnect")).status_code == 400

    done = browser.send(page_of(row, "/disconnect"), {"history": history})

    assert (done.status_code, done["Location"]) == (302, PAGE)
    assert (Connection.objects.get().disconnected_at is None, Reading.objects.count()) == (False, left)
    assert browser.get(page_of(row)).status_code == 404


def test_a_form_without_its_token_changes_nothing(catalogue, user):
    row = source(catalogue["csv-upload"], owner=user)
    browser = signed_in(user)

    answers = [browser.post(CSV, settings_given()), browser.post(page_of(row, "/disconnect"), {"history": "erase"})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Connection.objects.get().disconnected_at is None


def bring(browser, row):
    return browser.send(page_of(row, "/uploads"), {"file": SimpleUploadedFile("r.csv", TEXT)}, page=page_of(row))


def chosen(answer):
    """Return what the form of a preview has chosen."""
    html = answer.content.decode()
    texts = dict(re.findall(r'<input type="text" name="([^"]+)" value="([^"]*)"', html))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', html, re.DOTALL):
        found = re.search(r'<option value="([^"]*)" selected', options)
        texts[name] = found[1] if found else ""
    return texts


def reasons(answer):
    return set(re.findall(r'<p class="reason" role="alert">([^<]*)</p>', answer.content.decode()))
