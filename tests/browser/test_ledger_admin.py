"""The ledger's staff pages in a real Chromium: by keyboard, on a phone, in the dark, sent once, without a sound."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.roles import SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from tests.admin.ledger_day import ledger_day
from tests.admin.test_ledger_pages import FREE, LISTS, deeds, pages
from tests.factories import PASSWORD, person
from tests.ledger_factories import account, account_with, issued_batch
from tests.purchase_factories import held
from transactions.models import LedgerEntry, Retirement, Transaction

pytestmark = pytest.mark.django_db(transaction=True)


def _sign_in(watched, role):
    user = person(role)
    watched.page.goto(f"{watched.server}/staff/")
    watched.page.get_by_label("E-mail").fill(user.email)
    watched.page.get_by_label("Password").fill(PASSWORD)
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url(f"{watched.server}/staff/")
    return user


def _open(watched, path):
    watched.page.goto(f"{watched.server}{path}")
    watched.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_ledger_fits_a_phone_in_both_modes(watched, scheme):
    day = ledger_day(project_name="A name long enough to need more than a single line here")
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    _sign_in(watched, SUPER_ADMIN)
    project = reverse("admin:registry_project_change", args=[day.batch.project_id])
    lists = [reverse(f"admin:{name}_changelist") for name in LISTS]

    for path in ["/staff/", project, "/staff/transactions/transaction/analytics/", *lists, *pages(day), *deeds(day),
                 *FREE]:  # fmt: skip
        _open(watched, path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
        assert page.evaluate("document.documentElement.classList.contains('dark')") == (scheme == "dark"), path
    watched.assert_clean()


def test_an_officer_retires_with_the_keyboard_and_a_double_click_retires_once(watched):
    batch = issued_batch(quantity_kg=50_000)
    holder = account_with(batch, 20_000, "Quarry Ltd")
    officer = _sign_in(watched, TRANSACTIONS_OFFICER)
    page = watched.page
    _open(watched, reverse("admin:transactions_holdingaccount_change", args=[holder.pk]))

    # when they go on by keyboard and fill the form
    page.get_by_role("link", name="Retire", exact=True).press("Enter")
    page.get_by_label("Project").select_option(str(batch.project_id))
    page.get_by_label("Quantity").fill("2.5")
    page.get_by_label("Beneficiary", exact=False).first.fill("Harbour Foundation")
    page.get_by_label("Purpose").select_option("environmental_benefit")
    page.get_by_role("button", name="Retire").dblclick()

    # then it is done once, and told
    expect(page.get_by_text("2.500 credits are retired for Harbour Foundation.")).to_be_visible()
    assert Retirement.objects.get().transaction.entry_links.get().entry.actor == officer
    assert (held(holder), held(holder, "retired")) == (17_500, 2_500)
    watched.assert_clean()


def test_the_receiver_of_a_transfer_is_looked_up_by_typing(watched):
    batch = issued_batch(quantity_kg=50_000)
    holder, receiver = account_with(batch, 20_000, "Quarry Ltd"), account("Lantern Works")
    _sign_in(watched, TRANSACTIONS_OFFICER)
    page = watched.page
    _open(watched, reverse("admin:transactions_holdingaccount_deed", args=[holder.pk, "transfer"]))

    page.locator("#id_to_account + .select2 .select2-selection").press("Enter")
    page.keyboard.type("lantern")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Lantern Works")
    page.keyboard.press("Enter")
    page.get_by_label("Project").select_option(str(batch.project_id))
    page.get_by_label("Quantity").fill("20.001")
    page.get_by_role("button", name="Transfer").click()

    # what is refused stands on the form, with everything that was typed
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Quantity")).to_have_value("20.001")
    page.get_by_label("Quantity").fill("20")
    page.get_by_role("button", name="Transfer").click()
    expect(page.get_by_text("20 credits went to “Lantern Works”.")).to_be_visible()
    assert (held(receiver), Transaction.objects.count()) == (20_000, 2)
    watched.console_errors[:] = [line for line in watched.console_errors if "409" not in line]
    watched.assert_clean()


def test_the_picture_is_drawn_and_a_hash_is_copied_whole(watched):
    day = ledger_day()
    _sign_in(watched, VIEWER)
    page = watched.page
    watched.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=watched.server)

    _open(watched, reverse("admin:transactions_creditbatch_change", args=[day.batch.pk]))
    strip = page.locator(".lg-strip")
    assert strip.bounding_box()["height"] > 30
    assert "Active" in strip.get_attribute("aria-label")
    fills = page.evaluate(
        "Array.from(document.querySelectorAll('.lg-strip rect')).map((r) => getComputedStyle(r).fill)"
    )
    assert len(set(fills)) == 4  # active, reserved, buffer, retired

    entry = LedgerEntry.objects.filter(batch=day.batch).latest("position")
    _open(watched, reverse("admin:transactions_ledgerentry_change", args=[entry.pk]))
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == bytes(entry.hash).hex()
    watched.assert_clean()


def test_the_analytics_are_drawn_and_can_be_read_as_tables(watched):
    ledger_day()
    _sign_in(watched, VIEWER)
    page = watched.page

    _open(watched, "/staff/transactions/transaction/analytics/")

    drawn = page.evaluate(
        "Array.from(document.querySelectorAll('canvas.chart')).map((c) =>"
        " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v !== 0))"
    )
    assert drawn == [True] * 5
    page.get_by_text("As a table").nth(1).click()
    expect(page.locator("details[open] table").first).to_contain_text("125.00")
    watched.assert_clean()
