"""Posting to the ledger: the only code that changes blocks, balances and project figures.

Every movement is: lock the accounts, then for each batch in ascending order lock it, take slices of its blocks,
and post them. The sums go to the projects' figures last, so that locks are always taken in the order that
`transactions.locks` states.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from transactions.canonical import FORMAT, Line, entry_hash
from transactions.choices import BlockState, EntryKind
from transactions.errors import CreditsNotMovable
from transactions.locks import accounts_lock
from transactions.models import Block, CreditBatch, HoldingAccount, LedgerEntry
from transactions.services.carving import carve
from transactions.services.recording import figure_changes, record_entry, record_figures
from transactions.services.taking import Slice
from transactions.transitions import LINE_STATES


@dataclass
class Posting:
    """One movement under way, inside one database transaction. Made by `posting`."""

    actor: User | None
    at: datetime
    entries: list[LedgerEntry] = field(default_factory=list)
    _figures: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def issue(
        self, *, batch: CreditBatch, shares: Sequence[tuple[HoldingAccount, BlockState, int]], reason: str = ""
    ) -> LedgerEntry:
        """Fill a new batch with blocks, in the order of `shares` (account, state, kilograms each)."""
        blocks, lines, start = [], [], 0
        for account, state, quantity_kg in shares:
            end = start + quantity_kg
            blocks.append(
                Block(batch=batch, batch_kg=batch.quantity_kg, first_kg=start, end_kg=end, account=account, state=state)
            )
            lines.append(Line(start, end, None, None, account.pk, state.value))
            start = end
        Block.objects.bulk_create(blocks)
        return self._enter(batch, EntryKind.ISSUANCE, lines, reason, reverses=None)

    def move(
        self,
        *,
        batch: CreditBatch,
        kind: EntryKind,
        slices: Sequence[Slice],
        to_account_id: int,
        to_state: BlockState,
        reason: str = "",
        reverses: LedgerEntry | None = None,
        statement: bytes | None = None,
    ) -> LedgerEntry:
        """Give slices (in ascending order) of a locked batch to an account in a state, as one ledger entry.

        `statement` is the digest of what a retirement says.

        Raises:
            CreditsNotMovable: an entry of this kind cannot change their state so.
        """
        for piece in slices:
            if (piece.block.state, to_state) not in LINE_STATES[kind]:
                raise CreditsNotMovable(
                    f"Credits that are {BlockState(piece.block.state).label.lower()} cannot be moved by a"
                    f" {EntryKind(kind).label.lower()}."
                )
        lines = [
            Line(
                piece.first_kg,
                piece.end_kg,
                piece.block.account_id,
                piece.block.state,
                to_account_id,
                to_state.value,
            )
            for piece in slices
        ]
        carve(slices, to_account_id=to_account_id, to_state=to_state)
        return self._enter(batch, kind, lines, reason, reverses=reverses, statement=statement)

    def finish(self) -> None:
        """Add what was moved to the projects' figures, in ascending order of project."""
        for project_id in sorted(self._figures):
            record_figures(project_id=project_id, changes=self._figures[project_id])

    def _enter(
        self,
        batch: CreditBatch,
        kind: EntryKind,
        lines: list[Line],
        reason: str,
        *,
        reverses: LedgerEntry | None,
        statement: bytes | None = None,
    ) -> LedgerEntry:
        previous = bytes(batch.head_hash)
        batch.entries += 1
        batch.head_hash = entry_hash(
            previous_hash=previous,
            format=FORMAT,
            serial_root=batch.serial_root,
            position=batch.entries,
            kind=kind,
            at=self.at,
            actor=self.actor.pk if self.actor else None,
            reason=reason,
            reverses_position=reverses.position if reverses else None,
            statement=statement,
            lines=lines,
        )
        entry = LedgerEntry(
            batch=batch,
            position=batch.entries,
            kind=kind,
            at=self.at,
            actor=self.actor,
            reason=reason,
            format=FORMAT,
            statement=statement,
            reverses=reverses,
            previous_hash=previous,
            hash=batch.head_hash,
        )
        record_entry(entry=entry, batch=batch, lines=lines)
        self._figures[batch.project_id].update(figure_changes(lines))
        self.entries.append(entry)
        return entry


@contextmanager
def posting(*, actor: User | None, account_ids: Iterable[int], at: datetime | None = None) -> Iterator[Posting]:
    """Open one movement: a database transaction with the accounts it touches held usable.

    Raises:
        AccountNotFound, AccountNotUsable: one of the accounts is missing, frozen or closed.
    """
    with transaction.atomic():
        accounts_lock(account_ids)
        with posting_with_accounts_locked(actor=actor, at=at) as movement:
            yield movement


@contextmanager
def posting_with_accounts_locked(*, actor: User | None, at: datetime | None = None) -> Iterator[Posting]:
    """Open one movement inside a database transaction that holds the accounts it touches already."""
    movement = Posting(actor=actor, at=at or timezone.now())
    yield movement
    movement.finish()
