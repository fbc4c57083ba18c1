"""Transfers that the receiver has to accept: the exact credits wait, reserved, until somebody decides or time is over.

An offer is a transfer in status reserved. Accepting releases the credits and transfers them in the same database
transaction, so that the ledger reads, and can be reversed, like any other transfer.
"""

from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import changes_since, event_record
from carboncore.common.errors import InvalidInput, RegistryError
from transactions.choices import BlockState, EntryKind, TransactionStatus, TransactionType
from transactions.errors import OfferNotFound, OfferOver
from transactions.locks import batch_lock, offer_lock
from transactions.models import HoldingAccount, LedgerEntry, Transaction
from transactions.rights import require_acting, require_in_reach
from transactions.services.mails import offer_mail
from transactions.services.movements import transfer_check_accounts
from transactions.services.moving import Order, Origin, Wanted, order_entries, stated_reason
from transactions.services.posting import Posting, posting
from transactions.services.purchases.holding import link_entries, ranges_moved
from transactions.services.purchases.moves import status_move
from transactions.services.taking import take_ranges
from transactions.services.transfer_limits import transfer_limit_check

logger = structlog.get_logger(__name__)

USUAL_TIME = timedelta(days=7)
LONGEST_TIME = timedelta(days=90)
MOST_AT_ONCE = 500


def transfer_offer_create(
    *,
    actor: User,
    from_account: HoldingAccount,
    to_account: HoldingAccount,
    wanted: Wanted,
    note: str = "",
    expires_at: datetime | None = None,
    origin: Origin | None = None,
    approved: bool = False,
) -> Transaction:
    """Offer credits to another account; they stay reserved until `expires_at`, seven days when it is not given.

    `approved`: by a second member, where that is needed.

    Raises:
        NotAllowed: the actor may not act for the account that gives.
        ApprovalNeeded: it is above what may leave the organisation in 24 hours without a second member.
        InvalidInput: the receiver is none that a transfer can have, a serial is not one, or the time is over or
            more than ninety days away.
        AccountNotFound, AccountNotUsable: an account is missing, frozen or closed.
        NotEnoughCredits, CreditsNotMovable: the credits are not there to offer.
    """
    require_acting(actor, from_account.pk)
    transfer_check_accounts(from_account, to_account)
    now, origin = timezone.now(), origin or Origin()
    expires_at = expires_at or now + USUAL_TIME
    if not now < expires_at <= now + LONGEST_TIME:
        raise InvalidInput({"expires_at": [f"Give a time from now on, at most {LONGEST_TIME.days} days away."]})
    with posting(actor=actor, account_ids=[from_account.pk, to_account.pk]) as movement:
        if not approved:
            transfer_limit_check(from_account=from_account, to_account=to_account, quantity_kg=wanted.quantity_kg)
        order = Order(
            transaction_type=TransactionType.TRANSFER,
            kind=EntryKind.RESERVATION,
            from_account=from_account,
            to_account=from_account,
            from_state=BlockState.ACTIVE,
            to_state=BlockState.RESERVED,
            wanted=wanted,
            note=note,
            origin=origin,
        )
        entries = order_entries(movement=movement, order=order)
        offer = Transaction.objects.create(
            transaction_type=TransactionType.TRANSFER,
            status=TransactionStatus.RESERVED,
            project_id=wanted.project_id,
            vintage=wanted.vintage,
            from_account=from_account,
            to_account=to_account,
            from_user_id=from_account.owner_id,
            to_user_id=to_account.owner_id,
            quantity_kg=wanted.quantity_kg,
            note=note.strip(),
            expires_at=expires_at,
            user_agent=origin.user_agent[:500],
            ip_address=origin.ip_address,
        )
        link_entries(offer, entries)
        offer_mail(offer=offer, receiver=to_account)
        event_record(action="transfer_offer.made", obj=offer, actor=actor, changes=changes_since({}, offer))
    return offer


def transfer_offer_accept(*, actor: User, pk: int) -> Transaction:
    """Take what was offered.

    Raises:
        OfferNotFound: there is no such offer.
        NotAllowed: the actor may not act for the receiving account.
        OfferOver: it was decided before, or its time is over.
        AccountNotUsable: one of the accounts is frozen or closed.
    """
    with transaction.atomic():
        offer = offer_lock(pk)
        giver_id, receiver_id = _accounts(offer)
        require_acting(actor, receiver_id)
        _check_open(offer)
        if _is_over(offer):
            raise OfferOver("This offer's time is over. Ask for a new one.")
        with posting(actor=actor, account_ids=[giver_id, receiver_id]) as movement:
            _move(movement, offer, to_account_id=receiver_id)
            waited = Decimal((movement.at - offer.created_at).total_seconds()).quantize(Decimal("0.001"))
            status_move(
                offer,
                TransactionStatus.COMPLETED,
                completed_at=movement.at,
                processing_time_seconds=max(waited, Decimal(0)),
            )
            _record("transfer_offer.accepted", offer, actor)
    return offer


def transfer_offer_decline(*, actor: User, pk: int) -> Transaction:
    """Refuse what was offered; the giver has it back.

    Raises:
        OfferNotFound: there is no such offer.
        NotAllowed: the actor may not act for the receiving account.
        OfferOver: it was decided before.
        AccountNotUsable: the giving account is frozen or closed.
    """
    with transaction.atomic():
        offer = offer_lock(pk)
        require_acting(actor, _accounts(offer)[1])
        _check_open(offer)
        _give_back(offer, TransactionStatus.CANCELLED, actor, "Declined by the receiver.")
        _record("transfer_offer.declined", offer, actor)
    return offer


def transfer_offer_withdraw(*, actor: User, pk: int, reason: str = "") -> Transaction:
    """Take an offer back. Staff who do it for others say why; the ledger keeps the reason.

    Raises:
        OfferNotFound: there is no such offer.
        NotAllowed: the actor may not act for the giving account.
        InvalidInput: the reason is missing where it is needed, too long or not text.
        OfferOver: it was decided before.
        AccountNotUsable: the giving account is frozen or closed.
    """
    with transaction.atomic():
        offer = offer_lock(pk)
        giver_id, _ = _accounts(offer)
        require_acting(actor, giver_id)
        require_in_reach(offer.project_id, actor, OfferNotFound())
        _check_open(offer)
        own = HoldingAccount.objects.held_for(actor).filter(pk=giver_id).exists()
        why = "Withdrawn by the giver." if own and not reason.strip() else stated_reason(reason)
        _give_back(offer, TransactionStatus.CANCELLED, actor, why)
        _record("transfer_offer.withdrawn", offer, actor, why)
    return offer


def transfer_offer_expire(*, pk: int) -> bool:
    """Give back what was offered if its time is over; returns whether it was.

    Raises:
        OfferNotFound: there is no such offer.
        AccountNotUsable: the giving account is frozen or closed.
    """
    with transaction.atomic():
        offer = offer_lock(pk)
        if not _is_over(offer) or offer.status != TransactionStatus.RESERVED:
            return False
        _give_back(offer, TransactionStatus.EXPIRED, None, "Not accepted in time.")
        _record("transfer_offer.expired", offer, None)
    return True


def transfer_offers_expire() -> int:
    """Give back what every offer holds whose time is over; returns how many. One that fails stops no other."""
    over = Transaction.objects.filter(
        transaction_type=TransactionType.TRANSFER,
        status=TransactionStatus.RESERVED,
        expires_at__lte=timezone.now(),
    )
    done = 0
    for pk in over.order_by("expires_at", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE]:
        try:
            done += transfer_offer_expire(pk=pk)
        except RegistryError as error:
            logger.warning("offer_not_expired", transaction=pk, code=error.code, reason=error.message)
        except Exception:
            logger.exception("offer_not_expired", transaction=pk)
    return done


def _accounts(offer: Transaction) -> tuple[int, int]:
    if offer.from_account_id is None or offer.to_account_id is None:
        raise ValueError("An offer always names both accounts.")
    return offer.from_account_id, offer.to_account_id


def _is_over(offer: Transaction) -> bool:
    return offer.expires_at is not None and offer.expires_at <= timezone.now()


def _check_open(offer: Transaction) -> None:
    if offer.status != TransactionStatus.RESERVED:
        raise OfferOver(f"This offer is {offer.get_status_display().lower()} already.")


def _give_back(offer: Transaction, to: TransactionStatus, actor: User | None, reason: str) -> None:
    with posting(actor=actor, account_ids=[_accounts(offer)[0]]) as movement:
        _move(movement, offer, to_account_id=None, reason=reason)
        status_move(offer, to, completed_at=movement.at)


def _record(action: str, offer: Transaction, actor: User | None, note: str = "") -> None:
    told = {"status": [TransactionStatus.RESERVED, offer.status], "quantity_kg": offer.quantity_kg}
    event_record(action=action, obj=offer, actor=actor, changes=told, note=note)


def _move(movement: Posting, offer: Transaction, *, to_account_id: int | None, reason: str = "") -> None:
    """Release what an offer reserved, and give it to an account unless that is None."""
    giver_id, _ = _accounts(offer)
    entries: list[LedgerEntry] = []
    for batch_id, ranges in sorted(ranges_moved(offer, EntryKind.RESERVATION).items()):
        batch = batch_lock(batch_id)
        steps = [(EntryKind.RELEASE, BlockState.RESERVED, giver_id)]
        if to_account_id is not None:
            steps.append((EntryKind.TRANSFER, BlockState.ACTIVE, to_account_id))
        for kind, state, receiver_id in steps:
            slices = take_ranges(batch=batch, account_id=giver_id, state=state, ranges=ranges)
            entries.append(
                movement.move(
                    batch=batch,
                    kind=kind,
                    slices=slices,
                    to_account_id=receiver_id,
                    to_state=BlockState.ACTIVE,
                    reason=reason,
                )
            )
    link_entries(offer, entries)
