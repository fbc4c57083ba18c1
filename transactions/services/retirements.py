"""Retiring credits: using them up for good on somebody's behalf."""

import secrets
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from accounts.models import User
from carboncore.common.errors import InvalidInput
from registry.services.validation import text_fault
from transactions.choices import BlockState, EntryKind, RetirementPurpose, TransactionType
from transactions.models import HoldingAccount, Retirement
from transactions.rights import require_acting
from transactions.services.mails import certificates_mail
from transactions.services.moving import MAX_NOTE, Order, Origin, Wanted, order_post
from transactions.services.posting import Posting, posting
from transactions.statements import SALT_BYTES, beneficiary_digest, statement_digest, statement_document


@dataclass(frozen=True)
class RetirementDetails:
    """On whose behalf credits are retired, and why.

    `inventory` says whose emissions' report they offset. It is hashed as it stands and never erased: it names nobody.
    """

    beneficiary_name: str
    purpose: str
    beneficiary_location: str = ""
    period_start: date | None = None
    period_end: date | None = None
    note: str = ""
    published: bool = True
    inventory: str = ""


def credits_retire(
    *,
    actor: User | None,
    account: HoldingAccount,
    wanted: Wanted,
    details: RetirementDetails,
    origin: Origin | None = None,
    told_id: int | None = None,
) -> Retirement:
    """Use up active credits for good on somebody's behalf, and mail the certificate to whom the account belongs to.

    Of an organisation's members `told_id` gets it, the actor when it is not given.

    Raises:
        InvalidInput: no beneficiary, an unknown purpose, a period that ends before it begins, or text that is too long.
        NotAllowed, AccountNotFound, AccountNotUsable, NotEnoughCredits, CreditsNotMovable: as for a transfer.
    """
    require_acting(actor, account.pk)
    retirement_details_check(details)
    with posting(actor=actor, account_ids=[account.pk]) as movement:
        retirement = retirement_post(
            movement=movement, account=account, wanted=wanted, details=details, origin=origin or Origin()
        )
        person_id = told_id or (actor.pk if actor else None)
        certificates_mail(retirements=[retirement], account=account, person_id=person_id)
    return retirement


def retirement_post(
    *, movement: Posting, account: HoldingAccount, wanted: Wanted, details: RetirementDetails, origin: Origin
) -> Retirement:
    """Retire inside a posting that is already open, with details that were checked.

    Raises:
        InvalidInput, NotEnoughCredits, CreditsNotMovable: as for `order_post`.
    """
    public_id, salt = uuid4(), secrets.token_bytes(SALT_BYTES)
    name, location, note = (
        text.strip() for text in (details.beneficiary_name, details.beneficiary_location, details.note)
    )
    digest = beneficiary_digest(salt=salt, beneficiary=name, location=location, note=note)
    statement = statement_document(
        certificate=public_id,
        purpose=details.purpose,
        period_start=details.period_start,
        period_end=details.period_end,
        beneficiary=digest,
        inventory=details.inventory,
    )
    transaction = order_post(
        movement=movement,
        order=Order(
            transaction_type=TransactionType.RETIREMENT,
            kind=EntryKind.RETIREMENT,
            from_account=account,
            to_account=account,
            from_state=BlockState.ACTIVE,
            to_state=BlockState.RETIRED,
            wanted=wanted,
            note=details.note,
            statement=statement_digest(statement),
            origin=origin,
        ),
    )
    return Retirement.objects.create(
        public_id=public_id,
        transaction=transaction,
        beneficiary_name=name,
        beneficiary_location=location,
        purpose=details.purpose,
        period_start=details.period_start,
        period_end=details.period_end,
        inventory=details.inventory,
        note=note,
        published=details.published,
        retired_at=movement.at,
        beneficiary_digest=digest,
        salt=salt,
    )


def retirement_details_check(details: RetirementDetails) -> None:
    """Refuse details that a retirement could not be made with.

    Raises:
        InvalidInput: naming each.
    """
    errors: dict[str, list[str]] = {}
    if not details.beneficiary_name.strip() or _unfit(details.beneficiary_name, 255):
        errors["beneficiary_name"] = ["Say on whose behalf the credits are retired (up to 255 characters)."]
    if _unfit(details.beneficiary_location, 255):
        errors["beneficiary_location"] = ["Use up to 255 characters of text."]
    if details.purpose not in RetirementPurpose.values:
        errors["purpose"] = [f"Choose one of: {', '.join(RetirementPurpose.values)}."]
    if details.period_start and details.period_end and details.period_end < details.period_start:
        errors["period_end"] = ["The period ends before it begins."]
    if _unfit(details.inventory, 255):
        errors["inventory"] = ["Use up to 255 characters of text."]
    if _unfit(details.note, MAX_NOTE):
        errors["note"] = [f"Use up to {MAX_NOTE:,} characters of text."]
    if errors:
        raise InvalidInput(errors)


def _unfit(text: str, length: int) -> bool:
    return len(text) > length or bool(text_fault(text))
