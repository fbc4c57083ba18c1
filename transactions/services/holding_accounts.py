"""Opening, freezing and closing accounts, and finding the registry's own."""

from django.db import transaction

from accounts.choices import OrganisationState
from accounts.errors import OrganisationStateWrong
from accounts.models import Organisation, User
from carboncore.common.errors import InvalidInput, StateConflict
from registry.models import Project
from transactions.choices import AccountKind, AccountState
from transactions.locks import account_lock_exclusive
from transactions.models import Balance, HoldingAccount


def holding_account_open(
    *, name: str, owner: User | None = None, organisation: Organisation | None = None
) -> HoldingAccount:
    """Open an empty holding account for a person or for an approved organisation.

    Raises:
        InvalidInput: the name is empty, too long or not text; or not exactly one holder is named.
        OrganisationStateWrong: the organisation is not approved.
    """
    name = name.strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise InvalidInput({"name": ["Give the account a name of at most 255 printable characters."]})
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
    return account


def holding_account_freeze(*, pk: int, frozen: bool) -> HoldingAccount:
    """Stop the account from giving and receiving, or let it again; waits for movements under way.

    Raises:
        AccountNotFound: there is none.
        StateConflict: the account is closed.
    """
    with transaction.atomic():
        account = account_lock_exclusive(pk)
        if account.state == AccountState.CLOSED:
            raise StateConflict("This account is closed; open a new one instead.")
        account.state = AccountState.FROZEN if frozen else AccountState.OPEN
        account.save(update_fields=["state"])
    return account


def holding_account_close(*, pk: int) -> HoldingAccount:
    """Close an account that holds nothing that could still move.

    Raises:
        AccountNotFound: there is none.
        StateConflict: it still holds active, reserved or buffer credits.
    """
    with transaction.atomic():
        account = account_lock_exclusive(pk)
        movable = Balance.objects.filter(account=account, state__in=["active", "reserved", "buffer"], quantity_kg__gt=0)
        if movable.exists():
            raise StateConflict("This account still holds credits. Transfer or retire them first.")
        account.state = AccountState.CLOSED
        account.save(update_fields=["state"])
    return account


def proceeds_account(*, project: Project) -> HoldingAccount:
    """Return the account that a project's new credits go to, opening it the first time."""
    account, _ = HoldingAccount.objects.get_or_create(
        kind=AccountKind.PROJECT_PROCEEDS,
        project=project,
        defaults={"name": f"Proceeds of {project.project_name}"[:255]},
    )
    return account


def buffer_pool_account() -> HoldingAccount:
    """Return the one buffer pool, opening it the first time."""
    account, _ = HoldingAccount.objects.get_or_create(kind=AccountKind.BUFFER_POOL, defaults={"name": "Buffer pool"})
    return account
