"""The staff pages of mail, and a mail itself, in a real Chromium: on a wide screen and on a phone, without a sound."""

from email import message_from_bytes, policy

import pytest
from playwright.sync_api import expect

from accounts.roles import TRANSACTIONS_OFFICER
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import mail_send, mails_deliver
from tests.factories import PASSWORD, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "carboncore.mail.backends.EmlFolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_list_and_the_page_of_a_failed_mail(watched, folder, width):
    mail_send(to="ada@example.org", template="mail/test", context={})
    mails_deliver()
    failed = mail_send(to="bob@example.org", template="mail/test", context={})
    OutgoingMail.objects.filter(pk=failed.pk).update(
        state="failed", attempts=1, last_error="Refused: 550 5.1.1 no such user"
    )
    page = watched.page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{watched.server}/staff/")
    page.get_by_label("E-mail").fill(person(TRANSACTIONS_OFFICER, email="officer@example.org").email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{watched.server}/staff/")

    page.goto(f"{watched.server}/staff/mail/outgoingmail/")
    assert page.get_by_text("because no mail server is configured").is_visible()
    assert fits(page)
    page.goto(f"{watched.server}/staff/mail/outgoingmail/{failed.pk}/change/")
    assert fits(page)
    page.goto(f"{watched.server}/staff/mail/outgoingmail/{failed.pk}/send-again/")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Queued again; it is sent in a few seconds.")).to_be_visible()
    watched.assert_clean()


@pytest.mark.parametrize("width", [760, 390])
def test_a_mail_fits_the_screen_and_asks_nobody_for_anything(watched, folder, width):
    mail_send(to="ada@example.org", template="mail/test", context={"link": f"https://registry.example/{'x' * 90}"})
    mails_deliver()
    (file,) = folder.glob("*.eml")
    html = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("html",)).get_content()

    watched.page.set_viewport_size({"width": width, "height": 800})
    watched.page.set_content(html)

    assert watched.page.get_by_role("heading", name="CarbonCore can send mail").is_visible()
    assert fits(watched.page)
    watched.assert_clean()
