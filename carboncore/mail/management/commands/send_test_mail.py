"""`manage.py send_test_mail ADDRESS`: find out whether the mail server takes our mail."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carboncore.common.errors import InvalidInput
from carboncore.mail.choices import MailState
from carboncore.mail.services import mail_send, mails_deliver


class Command(BaseCommand):
    """Queues one mail, sends what is due, and says what became of it."""

    help = "Send a test mail to ADDRESS now, with all other mail that is due, and say what the mail server answered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="whom to send it to")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mail = mail_send(to=options["address"], template="mail/test", context={})
        except InvalidInput as error:
            raise CommandError(" ".join(error.errors["to"])) from None
        if mail is None:
            raise CommandError("Mail is withheld here.")
        mails_deliver()
        mail.refresh_from_db()
        if mail.state != MailState.SENT:
            raise CommandError(mail.last_error or "It waits behind other mail; look at it in the staff admin.")
        self.stdout.write("Sent. If it does not arrive, look into the mail server's log for " + mail.message_id)
