"""The bell: a round is asked for after the commit, not for each mail, and two rounds at once send nothing twice."""

from email.utils import make_msgid

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from carboncore.mail.models import OutgoingMail
from carboncore.mail.sealing import seal
from carboncore.mail.services import mail_send, mails_deliver, waking
from tests.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_bell_that_has_been_silent(monkeypatch):
    monkeypatch.setattr(waking, "_rung_at", float("-inf"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'mail.deliver'")


def jobs():
    return list(ProcrastinateJob.objects.filter(task_name="mail.deliver").values_list("status", "args"))


def test_the_bell_is_rung_after_the_commit_and_says_nothing_of_the_mail():
    with transaction.atomic():
        mail_send(to="ada@example.org", template="mail/test", context={"token": "s3cr3t"})
        assert jobs() == []

    ((status, arguments),) = jobs()
    assert status == "todo"
    assert list(arguments) == ["timestamp"]


def test_nothing_rings_for_what_was_rolled_back():
    with transaction.atomic():
        mail_send(to="ada@example.org", template="mail/test", context={})
        transaction.set_rollback(True)

    assert jobs() == []


def test_many_mails_ring_once(monkeypatch):
    for _ in range(3):
        mail_send(to="ada@example.org", template="mail/test", context={})
    assert len(jobs()) == 1

    monkeypatch.setattr(waking, "_rung_at", float("-inf"))  # as another process would
    mail_send(to="ada@example.org", template="mail/test", context={})
    assert len(jobs()) == 1, "the round that waits already will find it"


def test_a_bell_that_breaks_does_not_undo_what_was_done(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no queue")

    monkeypatch.setattr(waking.app, "configure_task", broken)
    mail_send(to="ada@example.org", template="mail/test", context={})

    assert OutgoingMail.objects.get().state == "queued"


def test_the_job_that_is_rung_for_is_known_to_the_worker_and_sends(folder):
    mail_send(to="ada@example.org", template="mail/test", context={})
    rung = ProcrastinateJob.objects.get(task_name="mail.deliver")

    app.tasks[rung.task_name](**rung.args)

    assert OutgoingMail.objects.get().state == "sent"
    assert len(list(folder.glob("*.eml"))) == 1
    assert (rung.lock, rung.queueing_lock, rung.queue_name) == ("mail.deliver", "mail.deliver", "mail")


def two_rounds_that_meet_when_each_has_chosen(monkeypatch, mails):
    OutgoingMail.objects.bulk_create(
        OutgoingMail(message_id=make_msgid(), recipient=to, template="mail/test", sealed=seal({})) for to in mails
    )
    monkeypatch.setattr(OutgoingMail, "save", meeting(OutgoingMail.save, parties=2))
    return sum(at_once(mails_deliver, mails_deliver))


def test_without_the_lock_two_rounds_send_the_same_mail(smtp, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)

    assert two_rounds_that_meet_when_each_has_chosen(monkeypatch, ["ada@example.org"]) == 2
    assert [taken.recipients for taken in smtp.received] == [["ada@example.org"]] * 2


def test_two_rounds_at_once_send_each_mail_once(smtp, monkeypatch):
    mails = [f"person{n}@example.org" for n in range(6)]

    assert two_rounds_that_meet_when_each_has_chosen(monkeypatch, mails) == 6
    assert sorted(taken.recipients[0] for taken in smtp.received) == mails
