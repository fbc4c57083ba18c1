"""Create a staff account with every permission; the random password is printed once and kept nowhere."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.roles import SUPER_ADMIN
from accounts.services import super_admin_create
from carboncore.common.errors import RegistryError


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Create a staff account in the Super Admin group. A random password is printed once and stored"
        " only as an Argon2 hash; change it after signing in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default="admin@localhost.localdomain", help="The account's e-mail.")
        parser.add_argument(
            "--if-none",
            action="store_true",
            help="Do nothing (and succeed) when an active super admin exists already.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_none"] and User.objects.filter(is_active=True, groups__name=SUPER_ADMIN).exists():
            self.stdout.write("A super admin exists already; nothing to do.")
            return
        password = secrets.token_urlsafe(15)
        try:
            user = super_admin_create(email=options["email"], password=password)
        except RegistryError as error:
            reasons = getattr(error, "errors", {})
            raise CommandError(" ".join([error.message, *(r for rs in reasons.values() for r in rs)])) from error
        self.stdout.write("First super admin (this password is shown once and kept nowhere in clear):")
        self.stdout.write(f"  e-mail    {user.email}")
        self.stdout.write(f"  password  {password}")
