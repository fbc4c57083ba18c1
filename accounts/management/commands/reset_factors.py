"""Take the second factors of a staff member who lost them, where no super admin can do it in the staff admin."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import factors_reset
from carboncore.common.errors import RegistryError


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Take all second factors of a staff account and end its sessions. The person then signs in by password and must"
        " set another one up before anything else opens. It is recorded, and a mail tells them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The account's e-mail.")
        parser.add_argument("--reason", required=True, help="How you know that they lost them; it is kept.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower(), is_staff=True).first()
        if user is None:
            raise CommandError(f"No staff account has the e-mail {options['email']}.")
        try:
            factors_reset(actor=None, pk=user.pk, reason=options["reason"])
        except RegistryError as error:
            reasons = [reason for found in getattr(error, "errors", {}).values() for reason in found]
            raise CommandError(" ".join([error.message, *reasons])) from error
        self.stdout.write(f"The second factors of {user.email} are gone; they set one up at their next sign-in.")
