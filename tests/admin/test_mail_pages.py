"""The staff pages of mail: where it goes, what failed and why, and sending that again; never what a mail says."""

import pytest

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from carboncore.audit.models import Event
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import mail_send, mails_deliver
from tests.doubles.smtp_server import SmtpDouble

pytestmark = pytest.mark.django_db
LIST = "/staff/mail/outgoingmail/"


@pytest.fixture
def failed_mail(settings):
    smtp = SmtpDouble().start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = smtp.host, smtp.port
    smtp.answer_next("RCPT", "550 5.1.1 no such user")
    mail = mail_send(to="ada@example.org", template="mail/test", context={"link": "/reset?token=s3cr3t"})
    mails_deliver()
    smtp.stop()
    return OutgoingMail.objects.get(pk=mail.pk)


def test_the_list_says_what_failed_and_why(as_role, failed_mail):
    content = as_role(TRANSACTIONS_OFFICER).get(LIST).content.decode()

    assert "ada@example.org" in content
    assert "550 5.1.1 no such user" in content
    assert "s3cr3t" not in content


def test_the_list_says_where_mail_goes_while_there_is_no_server(as_role, settings):
    client = as_role(SUPER_ADMIN)
    settings.IS_MAIL_KEPT_AS_FILES, settings.EMAIL_FILE_PATH = True, "/srv/carboncore/var/mail"
    assert "Mail is written to /srv/carboncore/var/mail because no mail server" in client.get(LIST).content.decode()

    settings.IS_MAIL_KEPT_AS_FILES = False
    assert "no mail server" not in client.get(LIST).content.decode()


@pytest.mark.parametrize(("query", "rows"), [("state__exact=failed", 1), ("state__exact=sent", 0), ("q=ada", 1)])
def test_the_list_is_narrowed(as_role, failed_mail, query, rows):
    response = as_role(TRANSACTIONS_OFFICER).get(f"{LIST}?{query}")

    assert response.context["cl"].result_count == rows


def test_a_failed_mail_is_sent_again_from_its_page(as_role, failed_mail):
    client = as_role(TRANSACTIONS_OFFICER)
    shown = client.get(f"{LIST}{failed_mail.pk}/change/").content.decode()
    assert f"{LIST}{failed_mail.pk}/send-again/" in shown
    assert "s3cr3t" not in shown

    asked = client.get(f"{LIST}{failed_mail.pk}/send-again/")
    assert "Send this mail to ada@example.org again?" in asked.content.decode()
    failed_mail.refresh_from_db()
    assert failed_mail.state == "failed", "asking changes nothing"

    assert client.post(f"{LIST}{failed_mail.pk}/send-again/").status_code == 302
    failed_mail.refresh_from_db()
    assert (failed_mail.state, failed_mail.attempts) == ("queued", 0)
    event = Event.objects.get(action="mail.queued_again")
    assert event.entrance == "admin"


def test_the_chosen_failed_mails_are_sent_again_and_the_others_left_alone(as_role, failed_mail):
    waiting = mail_send(to="bob@example.org", template="mail/test", context={})
    chosen = {"action": "send_chosen_again", "_selected_action": [failed_mail.pk, waiting.pk]}
    response = as_role(TRANSACTIONS_OFFICER).post(LIST, chosen, follow=True)

    assert "Queued again: 1." in response.content.decode()
    failed_mail.refresh_from_db()
    assert failed_mail.state == "queued"


@pytest.mark.parametrize("role", [VIEWER, REGISTRY_OFFICER])
def test_who_may_not_see_mail_sees_and_sends_none(as_role, failed_mail, role):
    client = as_role(role)
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}{failed_mail.pk}/send-again/").status_code in (302, 403)
    failed_mail.refresh_from_db()
    assert failed_mail.state == "failed"


def test_the_dashboard_counts_failed_mails_for_who_may_send_them_again(as_role, failed_mail):
    assert "Failed mails" in as_role(TRANSACTIONS_OFFICER).get("/staff/").content.decode()
    assert "Failed mails" not in as_role(VIEWER).get("/staff/").content.decode()
