"""Free what purchases and offers hold whose time is over, and look after payments; the worker does it every minute."""

from typing import Any

from django.core.management.base import BaseCommand

from carboncore.common.context import Entrance, acting
from transactions.services import transfer_offers_expire
from transactions.services.purchases import payments_reconcile, reservations_expire


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Free the credits of unpaid purchases and unanswered offers whose time is over, and ask the payment provider"
        " again wherever an answer is missing. The worker does this every minute; this is for a server without one."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(None, Entrance.COMMAND):
            expired, offers, reconciled = reservations_expire(), transfer_offers_expire(), payments_reconcile()
        self.stdout.write(
            f"{expired.expired} reservations and {offers} offers expired; {reconciled.payments} payments,"
            f" {reconciled.refunds} refunds and {reconciled.events} events looked after;"
            f" {expired.failed + reconciled.failed} left for the next round."
        )
