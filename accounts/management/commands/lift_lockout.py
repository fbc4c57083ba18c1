"""Let somebody who mistyped a password five times try again at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import sign_in_lock_lift


class Command(BaseCommand):
    """The command; see `help`."""

    help = "Lift the sign-in lock-out of one account (five wrong tries in fifteen minutes)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The account's e-mail.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"No account has the e-mail {options['email']}.")
        cleared = sign_in_lock_lift(user=user)
        self.stdout.write(f"{cleared} wrong tries no longer count; {user.email} may sign in again.")
