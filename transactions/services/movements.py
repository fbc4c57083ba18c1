"""Transfers, cancellations and the buffer pool: each one order, in one database transaction."""

from accounts.models import User
from carboncore.common.errors import InvalidInput
from transactions.choices import AccountKind, BlockState, EntryKind, TransactionType
from transactions.models import HoldingAccount, Transaction
from transactions.rights import require_acting, require_transactions_work
from transactions.services.moving import Order, Origin, Wanted, order_carry_out, order_post, stated_reason
from transactions.services.posting import posting
from transactions.services.transfer_limits import transfer_limit_check


def credits_transfer(
    *,
    actor: User | None,
    from_account: HoldingAccount,
    to_account: HoldingAccount,
    wanted: Wanted,
    note: str = "",
    origin: Origin | None = None,
    approved: bool = False,
) -> Transaction:
    """Move active credits from one account to another; `approved` by a second member where that is needed.

    Raises:
        NotAllowed: the actor may not act for the account that gives.
        ApprovalNeeded: it is above what may leave the organisation in 24 hours without a second member.
        InvalidInput: both accounts are the same, the receiver is the buffer pool, or a serial is not one.
        AccountNotFound, AccountNotUsable: an account is missing, frozen or closed.
        NotEnoughCredits, CreditsNotMovable: the credits are not there to give.
    """
    require_acting(actor, from_account.pk)
    transfer_check_accounts(from_account, to_account)
    order = Order(
        transaction_type=TransactionType.TRANSFER,
        kind=EntryKind.TRANSFER,
        from_account=from_account,
        to_account=to_account,
        from_state=BlockState.ACTIVE,
        to_state=BlockState.ACTIVE,
        wanted=wanted,
        note=note,
        origin=origin or Origin(),
    )
    with posting(actor=actor, account_ids=[from_account.pk, to_account.pk]) as movement:
        if not approved:
            transfer_limit_check(from_account=from_account, to_account=to_account, quantity_kg=wanted.quantity_kg)
        return order_post(movement=movement, order=order)


def credits_cancel(
    *, actor: User | None, account: HoldingAccount, wanted: Wanted, reason: str, origin: Origin | None = None
) -> Transaction:
    """Take active credits out of circulation without anybody's claim to them.

    Raises:
        InvalidInput: no reason was given.
        NotAllowed, AccountNotFound, AccountNotUsable, NotEnoughCredits, CreditsNotMovable: as for a transfer.
    """
    require_acting(actor, account.pk)
    return order_carry_out(
        actor=actor,
        order=Order(
            transaction_type=TransactionType.CANCELLATION,
            kind=EntryKind.CANCELLATION,
            from_account=account,
            to_account=account,
            from_state=BlockState.ACTIVE,
            to_state=BlockState.CANCELLED,
            wanted=wanted,
            reason=stated_reason(reason),
            origin=origin or Origin(),
        ),
    )


def buffer_release(
    *, actor: User, pool: HoldingAccount, to_account: HoldingAccount, wanted: Wanted, reason: str
) -> Transaction:
    """Give buffer credits to an account as active credits, when the risk they covered is past.

    Raises:
        NotAllowed: the actor does not work transactions.
        InvalidInput: no reason was given, or `pool` is no buffer pool.
        AccountNotFound, AccountNotUsable, NotEnoughCredits: as for a transfer.
    """
    require_transactions_work(actor, "release buffer credits")
    _check_pool(pool)
    _check_no_pool(to_account)
    return order_carry_out(
        actor=actor,
        order=Order(
            transaction_type=TransactionType.TRANSFER,
            kind=EntryKind.BUFFER_RELEASE,
            from_account=pool,
            to_account=to_account,
            from_state=BlockState.BUFFER,
            to_state=BlockState.ACTIVE,
            wanted=wanted,
            reason=stated_reason(reason),
            origin=Origin(),
        ),
    )


def buffer_cancel(*, actor: User, pool: HoldingAccount, wanted: Wanted, reason: str) -> Transaction:
    """Cancel buffer credits to make good for a reversal (stored carbon that was lost again).

    Raises:
        NotAllowed: the actor does not work transactions.
        InvalidInput: no reason was given, or `pool` is no buffer pool.
        AccountNotUsable, NotEnoughCredits: as for a transfer.
    """
    require_transactions_work(actor, "cancel buffer credits")
    _check_pool(pool)
    return order_carry_out(
        actor=actor,
        order=Order(
            transaction_type=TransactionType.CANCELLATION,
            kind=EntryKind.BUFFER_CANCELLATION,
            from_account=pool,
            to_account=pool,
            from_state=BlockState.BUFFER,
            to_state=BlockState.CANCELLED,
            wanted=wanted,
            reason=stated_reason(reason),
            origin=Origin(),
        ),
    )


def transfer_check_accounts(from_account: HoldingAccount, to_account: HoldingAccount) -> None:
    """Refuse a receiver that a transfer cannot have.

    Raises:
        InvalidInput: both accounts are the same, or the receiver is the buffer pool.
    """
    if from_account.pk == to_account.pk:
        raise InvalidInput({"to_account": ["Choose another account than the one the credits are in."]})
    _check_no_pool(to_account)


def _check_pool(pool: HoldingAccount) -> None:
    if pool.kind != AccountKind.BUFFER_POOL:
        raise InvalidInput({"pool": ["This account is not a buffer pool."]})


def _check_no_pool(account: HoldingAccount) -> None:
    if account.kind == AccountKind.BUFFER_POOL:
        raise InvalidInput({"to_account": ["The buffer pool is filled by issuance only; choose another account."]})
