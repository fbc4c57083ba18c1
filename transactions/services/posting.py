"""Posting to the ledger: the only code that changes blocks, balances and project figures.

Every movement is: lock the accounts, then for each batch in ascending order lock it, take slices of its blocks,
and post them. `Posting.finish` adds the sums to the projects' figures last, so that locks are always taken in
the order that `transactions.locks` states.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from transactions.canonical import Line, entry_hash
from transactions.choices import BlockState, EntryKind
from transactions.errors import CreditsNotMovable, NotEnoughCredits
from transactions.locks import accounts_lock, batch_lock
from transactions.models import Balance, Block, CreditBatch, HoldingAccount, LedgerEntry, LedgerLine
from transactions.transitions import LINE_STATES

# A project's figure for each block state.
_FIGURES = {
    BlockState.ACTIVE: "available_kg",
    BlockState.RESERVED: "reserved_kg",
    BlockState.BUFFER: "buffer_kg",
    BlockState.RETIRED: "retired_kg",
    BlockState.CANCELLED: "cancelled_kg",
    BlockState.BRIDGED: "bridged_kg",
}


@dataclass(frozen=True)
class Slice:
    """A range `[first_kg, end_kg)` of one block, about to move."""

    block: Block
    first_kg: int
    end_kg: int

    @property
    def quantity_kg(self) -> int:
        """Its length in kilograms."""
        return self.end_kg - self.first_kg


@dataclass
class Posting:
    """One movement under way, inside one database transaction. Made by `posting`."""

    actor: User | None
    at: datetime
    entries: list[LedgerEntry] = field(default_factory=list)
    _figures: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

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
            lines.append(Line(start, end, None, None, account.pk, state))
            start = end
        Block.objects.bulk_create(blocks)
        self._figures[batch.project_id]["issued_kg"] += batch.quantity_kg
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
    ) -> LedgerEntry:
        """Give slices of a locked batch to an account in a state, as one ledger entry."""
        lines = []
        for piece in slices:
            source = piece.block
            if (source.state, to_state) not in LINE_STATES[kind]:
                raise CreditsNotMovable(
                    f"Credits that are {BlockState(source.state).label.lower()} cannot be moved by a"
                    f" {EntryKind(kind).label.lower()}."
                )
            lines.append(Line(piece.first_kg, piece.end_kg, source.account_id, source.state, to_account_id, to_state))
            _carve(piece, to_account_id, to_state)
        return self._enter(batch, kind, lines, reason, reverses)

    def finish(self) -> None:
        """Add what was moved to the projects' figures, in ascending order of project."""
        with connection.cursor() as cursor:
            for project_id in sorted(self._figures):
                changes = {name: kg for name, kg in self._figures[project_id].items() if kg}
                if changes:
                    assignments = ", ".join(f"{name} = {name} + %s" for name in changes)
                    cursor.execute(
                        f"UPDATE registry_projectcredits SET {assignments} WHERE project_id = %s",  # noqa: S608 - names of _FIGURES
                        [*changes.values(), project_id],
                    )

    def _enter(
        self,
        batch: CreditBatch,
        kind: EntryKind,
        lines: list[Line],
        reason: str,
        reverses: LedgerEntry | None,
    ) -> LedgerEntry:
        previous = bytes(batch.head_hash)
        batch.entries += 1
        batch.head_hash = entry_hash(
            previous_hash=previous,
            serial_root=batch.serial_root,
            position=batch.entries,
            kind=kind,
            at=self.at,
            reason=reason,
            reverses_position=reverses.position if reverses else None,
            lines=lines,
        )
        entry = LedgerEntry.objects.create(
            batch=batch,
            position=batch.entries,
            kind=kind,
            at=self.at,
            actor=self.actor,
            reason=reason,
            reverses=reverses,
            previous_hash=previous,
            hash=batch.head_hash,
        )
        LedgerLine.objects.bulk_create(
            LedgerLine(
                entry=entry,
                first_kg=line.first_kg,
                end_kg=line.end_kg,
                from_account_id=line.from_account,
                from_state=line.from_state or "",
                to_account_id=line.to_account,
                to_state=line.to_state,
            )
            for line in lines
        )
        CreditBatch.objects.filter(pk=batch.pk).update(entries=batch.entries, head_hash=batch.head_hash)
        self._book(batch, lines)
        self.entries.append(entry)
        return entry

    def _book(self, batch: CreditBatch, lines: Iterable[Line]) -> None:
        balances: dict[tuple[int, str], int] = defaultdict(int)
        figures = self._figures[batch.project_id]
        for line in lines:
            quantity_kg = line.end_kg - line.first_kg
            balances[line.to_account, line.to_state] += quantity_kg
            figures[_FIGURES[BlockState(line.to_state)]] += quantity_kg
            if line.from_account is not None and line.from_state is not None:
                balances[line.from_account, line.from_state] -= quantity_kg
                figures[_FIGURES[BlockState(line.from_state)]] -= quantity_kg
        _add_to_balances(batch, balances)


@contextmanager
def posting(*, actor: User | None, account_ids: Iterable[int], at: datetime | None = None) -> Iterator[Posting]:
    """Open one movement: a database transaction with the accounts it touches held usable.

    Raises:
        AccountNotFound, AccountNotUsable: one of the accounts is missing, frozen or closed.
    """
    with transaction.atomic():
        accounts_lock(account_ids)
        movement = Posting(actor=actor, at=at or timezone.now())
        yield movement
        movement.finish()


def take_lowest(
    *, account_id: int, state: BlockState, quantity_kg: int, project_id: int, vintage: int | None = None
) -> Iterator[tuple[CreditBatch, list[Slice]]]:
    """Lock batch after batch and yield its lowest slices until `quantity_kg` is reached: first in, first out.

    The caller posts each batch's slices before asking for the next.

    Raises:
        NotEnoughCredits: the account holds less; the caller's transaction must end without effect.
    """
    holdings: dict[str, Any] = {
        "account_id": account_id,
        "state": state,
        "quantity_kg__gt": 0,
        "batch__project_id": project_id,
    }
    if vintage is not None:
        holdings["batch__vintage"] = vintage
    wanted = quantity_kg
    for batch_id in list(Balance.objects.filter(**holdings).order_by("batch_id").values_list("batch_id", flat=True)):
        batch = batch_lock(batch_id)
        slices = _lowest_of_batch(batch_id, account_id, state, wanted)
        wanted -= sum(piece.quantity_kg for piece in slices)
        if slices:
            yield batch, slices
        if wanted == 0:
            return
    raise NotEnoughCredits(
        "There are not that many credits: only"
        f" {(quantity_kg - wanted) / 1000:,.3f} t are available. Choose a smaller quantity."
    )


def take_range(*, batch: CreditBatch, account_id: int, state: BlockState, first_kg: int, end_kg: int) -> list[Slice]:
    """Return the slices that make up exactly `[first_kg, end_kg)` of a locked batch.

    Raises:
        CreditsNotMovable: part of the range is not held by the account in that state.
    """
    blocks = list(Block.objects.filter(batch=batch, first_kg__lt=end_kg, end_kg__gt=first_kg).order_by("first_kg"))
    if not blocks or any(block.account_id != account_id or block.state != state for block in blocks):
        raise CreditsNotMovable(f"This account does not hold all of these credits as {state.label.lower()} credits.")
    if blocks[0].first_kg > first_kg or blocks[-1].end_kg < end_kg:
        raise CreditsNotMovable("This range goes beyond its batch.")
    return [Slice(block, max(block.first_kg, first_kg), min(block.end_kg, end_kg)) for block in blocks]


def _lowest_of_batch(batch_id: int, account_id: int, state: BlockState, quantity_kg: int) -> list[Slice]:
    slices: list[Slice] = []
    blocks = Block.objects.filter(batch_id=batch_id, account_id=account_id, state=state).order_by("first_kg")
    for block in blocks.iterator(chunk_size=100):
        piece = Slice(block, block.first_kg, min(block.end_kg, block.first_kg + quantity_kg))
        slices.append(piece)
        quantity_kg -= piece.quantity_kg
        if quantity_kg == 0:
            break
    return slices


def _carve(piece: Slice, to_account_id: int, to_state: BlockState) -> None:
    """Cut the slice out of its block. The row keeps the high end, so that waits between neighbours run one way."""
    block = piece.block
    first_kg, end_kg, account_id, state = block.first_kg, block.end_kg, block.account_id, block.state
    new: list[Block] = []

    def part(start: int, end: int, holder: int, in_state: str) -> Block:
        return Block(
            batch_id=block.batch_id,
            batch_kg=block.batch_kg,
            first_kg=start,
            end_kg=end,
            account_id=holder,
            state=in_state,
        )

    if piece.end_kg < end_kg:
        Block.objects.filter(pk=block.pk).update(first_kg=piece.end_kg)
        new.append(part(piece.first_kg, piece.end_kg, to_account_id, to_state))
    else:
        Block.objects.filter(pk=block.pk).update(first_kg=piece.first_kg, account_id=to_account_id, state=to_state)
    if piece.first_kg > first_kg:
        new.append(part(first_kg, piece.first_kg, account_id, state))
    if new:
        Block.objects.bulk_create(new)


def _add_to_balances(batch: CreditBatch, changes: dict[tuple[int, str], int]) -> None:
    """Apply signed kilograms; the batch's lock makes this the only writer of its balances."""
    with connection.cursor() as cursor:
        for (account_id, state), quantity_kg in sorted(changes.items()):
            if quantity_kg < 0:
                cursor.execute(
                    "UPDATE transactions_balance SET quantity_kg = quantity_kg + %s"
                    " WHERE account_id = %s AND batch_id = %s AND state = %s",
                    [quantity_kg, account_id, batch.pk, state],
                )
            elif quantity_kg > 0:
                cursor.execute(
                    "INSERT INTO transactions_balance (account_id, batch_id, state, quantity_kg)"
                    " VALUES (%s, %s, %s, %s) ON CONFLICT (account_id, batch_id, state)"
                    " DO UPDATE SET quantity_kg = transactions_balance.quantity_kg + excluded.quantity_kg",
                    [account_id, batch.pk, state, quantity_kg],
                )
