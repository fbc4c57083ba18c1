"""Sign where every batch's ledger chain stands now."""

from typing import Any

from django.core.management.base import BaseCommand

from transactions.services.checkpoints import checkpoint_make


class Command(BaseCommand):
    """The command; see `help`."""

    help = "Make the next checkpoint: a signed Merkle root over all batches, chained to the checkpoint before."

    def handle(self, *args: Any, **options: Any) -> None:
        checkpoint = checkpoint_make()
        self.stdout.write(
            f"Checkpoint {checkpoint.number}: {checkpoint.entries:,} entries of {checkpoint.batches:,} batches,"
            f" digest {bytes(checkpoint.digest).hex()}."
        )
