"""Mail goes out once what it tells of is committed, survives every kind of trouble, and gives nothing away."""

import socket
from datetime import timedelta
from email import message_from_bytes, policy
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.utils import timezone

from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import delivering, mail_send, mail_send_again, mails_deliver, mails_forget, nobody_mailed
from carboncore.mail.services.delivering import CLAIM, PAUSES

pytestmark = pytest.mark.django_db
TEST_MAIL = {"template": "mail/test", "context": {}}


def a_mail(to="ada@example.org", **fields):
    return mail_send(to=to, **{**TEST_MAIL, **fields})


def due_now(mail):
    OutgoingMail.objects.filter(pk=mail.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def reloaded(mail):
    return OutgoingMail.objects.get(pk=mail.pk)


def test_a_mail_is_sent_with_both_parts_and_its_record_is_emptied(smtp):
    mail = a_mail(reply_to="desk@example.org")

    assert mails_deliver() == 1

    (taken,) = smtp.received
    message = taken.message
    assert (taken.sender, taken.recipients) == ("registry@carboncore.example", ["ada@example.org"])
    assert message["Subject"] == "CarbonCore can send mail"
    assert message["From"] == "CarbonCore <registry@carboncore.example>"
    assert message["To"] == "ada@example.org"
    assert message["Reply-To"] == "desk@example.org"
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "There is nothing to do." in message.get_body(("plain",)).get_content()
    assert "<h1" in message.get_body(("html",)).get_content()
    sent = reloaded(mail)
    assert (sent.state, sent.attempts, bytes(sent.sealed), sent.last_error) == ("sent", 1, b"", "")
    assert sent.sent_at is not None
    assert mails_deliver() == 0


def test_several_mails_share_one_connection(smtp):
    for number in range(3):
        a_mail(f"person{number}@example.org")

    assert mails_deliver() == 3
    assert smtp.connections == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_mailed(smtp):
    with transaction.atomic():
        a_mail()
        transaction.set_rollback(True)

    assert mails_deliver() == 0
    assert OutgoingMail.objects.count() == 0
    assert smtp.received == []


def test_a_mailbox_that_is_busy_is_tried_again_after_a_pause(smtp):
    mail, other = a_mail(), a_mail("bob@example.org")
    smtp.answer_next("RCPT", "450 4.2.1 mailbox busy, greylisted")

    assert mails_deliver() == 1, "the other mail does not wait for it"
    waiting = reloaded(mail)
    assert (waiting.state, waiting.attempts) == ("queued", 1)
    assert waiting.last_error == "Not now: 450 4.2.1 mailbox busy, greylisted"
    assert timedelta(seconds=50) < waiting.next_attempt_at - timezone.now() <= PAUSES[0]
    assert mails_deliver() == 0, "not before its time"

    due_now(mail)
    assert mails_deliver() == 1
    assert reloaded(mail).state == reloaded(other).state == "sent"
    assert [taken.recipients for taken in smtp.received] == [["bob@example.org"], ["ada@example.org"]]


def test_a_mail_fails_for_good_after_the_last_pause(smtp):
    mail = a_mail()
    for _ in range(len(PAUSES) + 1):
        smtp.answer_next("RCPT", "451 4.3.0 try later")
        due_now(mail)
        assert mails_deliver() == 0

    assert (reloaded(mail).state, reloaded(mail).attempts) == ("failed", 9)
    assert sum(PAUSES, timedelta()) == timedelta(minutes=2781)


@pytest.mark.parametrize(
    ("verb", "answer", "reason"),
    [
        ("RCPT", "550 5.1.1 no such user", "Refused: 550 5.1.1 no such user"),
        ("DATA-END", "554 5.7.1 looks like spam", "Refused: 554 5.7.1 looks like spam"),
        ("DATA-END", "554 banned link https://x.example/reset?token=abc here", "Refused: 554 banned link […] here"),
    ],
)
def test_what_is_refused_for_good_fails_at_once_and_can_be_sent_again(smtp, verb, answer, reason):
    mail = a_mail()
    smtp.answer_next(verb, answer)

    assert mails_deliver() == 0
    failed = reloaded(mail)
    assert (failed.state, failed.attempts, failed.last_error) == ("failed", 1, reason)
    due_now(mail)
    assert mails_deliver() == 0, "a failed mail is not tried by itself"

    mail_send_again(pk=mail.pk)
    assert mails_deliver() == 1
    assert smtp.received[0].message["Message-ID"] == mail.message_id
    with pytest.raises(StateConflict, match="only a failed one"):
        mail_send_again(pk=mail.pk)
    with pytest.raises(NotFound):
        mail_send_again(pk=0)


@pytest.mark.parametrize(
    ("verb", "answer", "reason"),
    [
        ("GREETING", "421 4.3.2 closing", "The mail server turns us away: 421 4.3.2 closing"),
        ("GREETING", "554 5.7.1 go away", "The mail server turns us away: 554 5.7.1 go away"),
        ("MAIL", "550 5.7.1 sender unknown", "The mail server turns us away: 550 5.7.1 sender unknown"),
        ("RCPT", "421 4.3.2 going down", "Not now: 421 4.3.2 going down"),
        ("DATA-END", "silence", "The mail server cannot be used: Connection unexpectedly closed: timed out"),
        ("DATA", "hang_up", "The mail server cannot be used: Connection unexpectedly closed"),
        ("GREETING", "silence", "The mail server cannot be used: Connection unexpectedly closed: timed out"),
    ],
)
def test_when_the_server_is_the_trouble_one_mail_waits_and_the_others_are_untouched(
    smtp, settings, verb, answer, reason
):
    settings.EMAIL_TIMEOUT = 1
    mail, other = a_mail(), a_mail("bob@example.org")
    smtp.answer_next(verb, answer)

    assert mails_deliver() == 0
    assert (reloaded(mail).state, reloaded(mail).attempts, reloaded(mail).last_error) == ("queued", 1, reason)
    assert (reloaded(other).state, reloaded(other).attempts) == ("queued", 0)

    due_now(mail)
    assert mails_deliver() == 2, "once the server is well again, all of it goes"


def test_no_server_at_all(settings, smtp):
    with socket.socket() as nobody:
        nobody.bind((smtp.host, 0))
        settings.EMAIL_PORT = nobody.getsockname()[1]
        mail = a_mail()

        assert mails_deliver() == 0
    assert (reloaded(mail).state, reloaded(mail).attempts) == ("queued", 1)
    assert reloaded(mail).last_error == "The mail server cannot be used: [Errno 111] Connection refused"


def test_a_server_without_tls_is_given_nothing_when_tls_was_asked_for(smtp, settings):
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "registry", "not to be heard"
    mail = a_mail()

    assert mails_deliver() == 0
    assert reloaded(mail).state == "queued"
    assert "STARTTLS extension not supported" in reloaded(mail).last_error
    assert smtp.received == []
    assert not any(line.startswith(("AUTH", "MAIL")) for line in smtp.commands)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\nBcc: all@example.org",
        "ada@example.org\r\nSubject: gift",
        "ada@example.org, bob@example.org",
        "Ada <ada@example.org>",
        "nobody",
        "",
        f"{'a' * 250}@example.org",
    ],
)
def test_an_address_that_is_none_or_adds_a_header_is_refused(address):
    with pytest.raises(InvalidInput) as to:
        a_mail(address)
    assert list(to.value.errors) == ["to"]
    if address:
        with pytest.raises(InvalidInput) as reply_to:
            a_mail(reply_to=address)
        assert list(reply_to.value.errors) == ["reply_to"]
    assert OutgoingMail.objects.count() == 0


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "There was nobody to send it to."),
        ("ada@example.org\nBcc: all@example.org", "This is no e-mail address."),
        ("buyer@demonstration.invalid", "No mail reaches an address that ends in .invalid."),
    ],
)
def test_an_address_looked_up_by_the_database_is_checked_before_it_is_used(smtp, address, reason):
    mail = a_mail(Value(address))

    assert mails_deliver() == 0
    assert (reloaded(mail).state, reloaded(mail).last_error) == ("failed", reason)
    assert smtp.connections == 0


@pytest.fixture
def secret_mail(tmp_path, settings):
    """A template whose mail holds a link with a token and a name."""
    (tmp_path / "secret.txt").write_text("Hello {{ name }}\n{{ link }}")
    (tmp_path / "secret.html").write_text("<p>{{ name }}</p><a href='{{ link }}'>in</a>")
    templates = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    settings.TEMPLATES = templates

    def send(name="Ada & <b>"):
        return a_mail(template="secret", context={"name": name, "link": "https://c.example/reset?token=s3cr3t-t0ken"})

    return send


@pytest.mark.parametrize("name", ["Ada\nBcc: all@example.org", "Ada\r\n\r\n<script>", "A\x00da", "x" * 300])
def test_a_name_cannot_break_out_of_the_subject(smtp, secret_mail, name):
    mail = secret_mail(name)

    mails_deliver()

    for taken in smtp.received:
        assert taken.recipients == ["ada@example.org"]
        assert set(taken.message.keys()) >= {"Subject", "To"}
        assert taken.message["Bcc"] is None
        assert taken.message["Subject"] == "Hello Ada"
    if not smtp.received:
        assert "subject" in reloaded(mail).last_error


def test_text_is_plain_and_html_is_escaped(smtp, secret_mail):
    secret_mail()
    mails_deliver()

    message = smtp.received[0].message
    assert message["Subject"] == "Hello Ada & <b>"
    assert "Ada &amp; &lt;b&gt;" in message.get_body(("html",)).get_content()


def test_what_a_mail_says_is_readable_nowhere_but_in_the_mail(smtp, secret_mail, caplog):
    with caplog.at_level("DEBUG"):
        mail = secret_mail()
        smtp.answer_next("RCPT", "550 5.1.1 no such user")
        mails_deliver()

    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text, encode(sealed, 'escape') FROM mail_outgoingmail m")
        row = " ".join(cursor.fetchone())
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args::text ~ 's3cr3t'")
        assert cursor.fetchone() == (0,)
    assert "s3cr3t" not in row + caplog.text
    assert "Ada" not in row + caplog.text
    assert reloaded(mail).last_error == "Refused: 550 5.1.1 no such user"


def test_a_mail_sealed_under_another_key_fails_with_a_reason(smtp, secret_mail, settings):
    mail = secret_mail()
    settings.SECRET_KEY = "another key " * 10

    assert mails_deliver() == 0
    assert reloaded(mail).state == "failed"
    assert "SECRET_KEY was changed" in reloaded(mail).last_error


def test_a_template_that_cannot_be_filled_is_tried_again_and_stops_nobody(smtp):
    broken = a_mail(template="mail/no_such_template")
    a_mail("bob@example.org")

    assert mails_deliver() == 1
    assert (reloaded(broken).state, reloaded(broken).attempts) == ("queued", 1)
    assert reloaded(broken).last_error == "It could not be made (TemplateDoesNotExist); the log says more."


def test_killed_between_sending_and_recording_it_is_sent_again_as_the_same_mail(smtp, monkeypatch):
    mail = a_mail()

    def killed(*_):
        raise SystemExit(137)

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_record", killed)
        with pytest.raises(SystemExit):
            mails_deliver()
    assert mails_deliver() == 0, "its claim holds"
    OutgoingMail.objects.filter(pk=mail.pk).update(next_attempt_at=timezone.now() - CLAIM)
    assert mails_deliver() == 1

    first, second = smtp.received
    assert first.message["Message-ID"] == second.message["Message-ID"] == mail.message_id
    assert first.message["Date"] == second.message["Date"]
    assert (reloaded(mail).state, reloaded(mail).attempts) == ("sent", 2)


def test_a_mail_that_kills_every_process_is_given_up(smtp):
    mail = a_mail()
    OutgoingMail.objects.filter(pk=mail.pk).update(attempts=len(PAUSES) + 1)

    assert mails_deliver() == 0
    assert reloaded(mail).state == "failed"
    assert reloaded(mail).last_error == "Each attempt ended the process that made it."


def test_the_database_refuses_a_sent_mail_that_still_holds_its_content():
    mail = a_mail()
    with pytest.raises(IntegrityError, match="mail_outgoingmail_sent_is_emptied"), transaction.atomic():
        OutgoingMail.objects.filter(pk=mail.pk).update(state="sent", sent_at=timezone.now())


def test_nobody_is_mailed_where_mail_is_withheld():
    with nobody_mailed():
        assert a_mail() is None
    assert OutgoingMail.objects.count() == 0
    assert a_mail() is not None


def test_sent_mails_are_forgotten_after_half_a_year(smtp):
    old, young = a_mail(), a_mail()
    mails_deliver()
    failed = a_mail()
    OutgoingMail.objects.exclude(pk=young.pk).update(created_at=timezone.now() - timedelta(days=181))

    assert mails_forget() == 1
    assert set(OutgoingMail.objects.values_list("pk", flat=True)) == {young.pk, failed.pk}
    assert old.pk not in OutgoingMail.objects.values_list("pk", flat=True)


def test_without_a_server_mail_becomes_files_for_their_owner_only(folder):
    mail = a_mail()
    assert mails_deliver() == 1

    (file,) = folder.iterdir()
    number = mail.message_id.strip("<>").partition("@")[0]
    assert file.name == f"{mail.created_at:%Y%m%dT%H%M%S}-{number}.eml"
    assert oct(file.stat().st_mode)[-3:] == "600"
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"] == "ada@example.org"
    assert "There is nothing to do." in file.read_text(), "readable without a mail program"


def test_a_repeated_attempt_replaces_the_file(folder):
    mail = a_mail()
    mails_deliver()
    OutgoingMail.objects.filter(pk=mail.pk).update(state="queued", sent_at=None, sealed=a_mail().sealed)
    due_now(mail)
    assert mails_deliver() == 2

    assert len(list(folder.glob("*.eml"))) == 2
    assert list(folder.glob(".*")) == []


def test_a_folder_that_cannot_be_written_delays_the_mail(folder):
    folder.write_text("a file where the folder should be")
    mail = a_mail()

    assert mails_deliver() == 0
    assert reloaded(mail).state == "queued"


def test_the_test_mail_says_what_became_of_it(smtp):
    out = StringIO()
    call_command("send_test_mail", "ada@example.org", stdout=out)
    assert out.getvalue().startswith("Sent.")

    smtp.answer_next("RCPT", "550 5.1.1 no such user")
    with pytest.raises(CommandError, match=r"Refused: 550 5\.1\.1 no such user"):
        call_command("send_test_mail", "ada@example.org")
    with pytest.raises(CommandError, match="Give an e-mail address"):
        call_command("send_test_mail", "ada")
