"""Opening, freezing and closing accounts, and finding the registry's own."""

from collections.abc import Callable

from django.db import transaction

from accounts.choices import OrganisationState
from accounts.errors import OrganisationStateWrong
from accounts.models import Organisation, User
from carboncore.audit.services import changes_since, event_record
from carboncore.common.errors import InvalidInput, StateConflict
from registry.models import Project
from transactions.choices import AccountKind, AccountState, TransactionStatus
from transactions.errors import AccountNotFound
from transactions.locks import account_lock_exclusive
from transactions.models import Balance, HoldingAccount, Transaction
from transactions.rights import require_in_reach, require_transactions_work
from transactions.services.moving import stated_reason

# What the audit trail calls becoming each.
_EVENTS = {
    AccountState.FROZEN: "holding_account.frozen",
    AccountState.OPEN: "holding_account.unfrozen",
    AccountState.CLOSED: "holding_account.closed",
}


def holding_account_open(
    *, name: str, owner: User | None = None, organisation: Organisation | None = None
) -> HoldingAccount:
    """Open an empty holding account for a person or for an approved organisation.

    Raises:
        InvalidInput: the name is empty, too long or not text; or not exactly one holder is named.
        OrganisationStateWrong: the organisation is not approved.
    """
    name = account_name_checked(name)
    if (owner is None) == (organisation is None):
        raise InvalidInput({"owner": ["Name either the person or the organisation that the account belongs to."]})
    with transaction.atomic():
        if organisation is not None:
            # Locked, so that the state cannot change before the account is there.
            organisation = Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)
            if organisation.state != OrganisationState.APPROVED:
                raise OrganisationStateWrong(
                    f"This organisation is {organisation.get_state_display().lower()}; it can hold credits once"
                    " staff have approved it."
                )
        account: HoldingAccount = HoldingAccount.objects.create(name=name, owner=owner, organisation=organisation)
        account_opened(account=account)
    return account


def holding_account_freeze(*, actor: User, pk: int, reason: str) -> HoldingAccount:
    """Stop an open account from giving and receiving; waits for movements under way. The reason stays in its history.

    Raises:
        NotAllowed: the actor may not work with accounts.
        InvalidInput: no reason was given, or one that is too long or not text.
        AccountNotFound: there is none, or it is that of a project out of the actor's reach.
        StateConflict: the account is frozen or closed already.
    """
    reason = stated_reason(reason)
    return _state_change(actor, pk, out_of=(AccountState.OPEN,), to=AccountState.FROZEN, reason=reason)


def holding_account_unfreeze(*, actor: User, pk: int, reason: str = "") -> HoldingAccount:
    """Let a frozen account give and receive again.

    Raises:
        NotAllowed, AccountNotFound: as for freezing.
        InvalidInput: the reason is too long or not text.
        StateConflict: the account is not frozen.
    """
    reason = stated_reason(reason) if reason.strip() else ""
    return _state_change(actor, pk, out_of=(AccountState.FROZEN,), to=AccountState.OPEN, reason=reason)


def holding_account_close(*, actor: User, pk: int, reason: str = "") -> HoldingAccount:
    """Close for good a person's or an organisation's account that holds, and awaits, nothing that could still move.

    Raises:
        NotAllowed, AccountNotFound: as for freezing.
        InvalidInput: the reason is too long or not text.
        StateConflict: it is closed already, is one of the registry's own, still holds active, reserved or buffer
            credits, or is to receive some.
    """
    reason = stated_reason(reason) if reason.strip() else ""
    out_of = (AccountState.OPEN, AccountState.FROZEN)
    return _state_change(
        actor, pk, out_of=out_of, to=AccountState.CLOSED, reason=reason, check=account_require_closable
    )


def _state_change(
    actor: User,
    pk: int,
    *,
    out_of: tuple[AccountState, ...],
    to: AccountState,
    reason: str,
    check: Callable[[HoldingAccount], None] | None = None,
) -> HoldingAccount:
    require_transactions_work(actor, "freeze, unfreeze or close accounts")
    with transaction.atomic():
        account = account_lock_exclusive(pk)
        if account.project_id is not None:
            require_in_reach(account.project_id, actor, AccountNotFound())
        if account.state not in out_of:
            raise StateConflict(
                f"Account {account.number} is {account.get_state_display().lower()}; only one that is"
                f" {' or '.join(state.label.lower() for state in out_of)} can become {to.label.lower()}."
            )
        if check is not None:
            check(account)
        came_from, account.state = account.state, to
        # Also when nothing was said: in history, rows with a reason are the changes of state.
        account._change_reason = reason  # type: ignore[attr-defined]  # noqa: SLF001 - history reads it there
        account.save(update_fields=["state"])
        event_record(action=_EVENTS[to], obj=account, actor=actor, changes={"state": [came_from, to]}, note=reason)
    return account


def account_name_checked(name: str) -> str:
    """Return the name of an account without blanks around it.

    Raises:
        InvalidInput: it is empty, too long or not text.
    """
    name = name.strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise InvalidInput({"name": ["Give the account a name of at most 255 printable characters."]})
    return name


def account_opened(*, account: HoldingAccount) -> None:
    """Record in the audit trail that an account was opened, in the transaction that does it."""
    event_record(action="holding_account.opened", obj=account, changes=changes_since({}, account))


def account_require_closable(account: HoldingAccount) -> None:
    """Refuse to close an account, locked, that holds or awaits something, or that the registry needs.

    Raises:
        StateConflict: saying what to do first.
    """
    if account.kind != AccountKind.HOLDING:
        raise StateConflict(f"The registry itself needs account {account.number}; freeze it instead.")
    movable = Balance.objects.filter(account=account, state__in=["active", "reserved", "buffer"], quantity_kg__gt=0)
    if movable.exists():
        raise StateConflict("This account still holds credits. Transfer or retire them first.")
    under_way = [TransactionStatus.PENDING, TransactionStatus.RESERVED]
    if Transaction.objects.filter(to_account=account, status__in=under_way).exists():
        raise StateConflict(
            "Credits are on their way into this account: a purchase or an offer. Cancel or settle that first."
        )


def proceeds_account(*, project: Project) -> HoldingAccount:
    """Return the account that a project's new credits go to, opening it the first time."""
    account, is_new = HoldingAccount.objects.get_or_create(
        kind=AccountKind.PROJECT_PROCEEDS,
        project=project,
        defaults={"name": f"Proceeds of {project.project_name}"[:255]},
    )
    if is_new:
        account_opened(account=account)
    return account


def buffer_pool_account() -> HoldingAccount:
    """Return the one buffer pool, opening it the first time."""
    account, is_new = HoldingAccount.objects.get_or_create(
        kind=AccountKind.BUFFER_POOL, defaults={"name": "Buffer pool"}
    )
    if is_new:
        account_opened(account=account)
    return account
