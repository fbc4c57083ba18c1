"""Free the credits of purchases whose time is over, and look after payments; what the worker does every minute."""

from typing import Any

from django.core.management.base import BaseCommand

from carboncore.common.context import Entrance, acting
from transactions.services.purchases import payments_reconcile, reservations_expire


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Free the credits of unpaid purchases whose time is over, and ask the payment provider again wherever an"
        " answer is missing. The worker does this every minute; this is for a server without one."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(None, Entrance.COMMAND):
            expired, reconciled = reservations_expire(), payments_reconcile()
        self.stdout.write(
            f"{expired.expired} reservations expired; {reconciled.payments} payments, {reconciled.refunds} refunds and"
            f" {reconciled.events} events looked after; {expired.failed + reconciled.failed} left for the next round."
        )
