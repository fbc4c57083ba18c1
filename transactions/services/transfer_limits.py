"""The one rule of when a transfer needs a second member of the organisation that it leaves."""

from accounts.models import Organisation
from carboncore.common.api.statements import fetch_all
from carboncore.common.quantities import tonnes_from_kg
from transactions.errors import ApprovalNeeded
from transactions.models import HoldingAccount

# A share lock: of whoever changes the limit or the members and who transfers, one waits for the other.
_LIMIT = f"SELECT transfer_limit_kg FROM {Organisation._meta.db_table} WHERE id = %s FOR SHARE"  # noqa: S608 - no value is pasted in


def transfer_is_above_limit(*, from_account: HoldingAccount, to_account: HoldingAccount, quantity_kg: int) -> bool:
    """Return whether one member may not give so much alone. What stays in the organisation is not limited.

    Call it inside a transaction: the limit does not change before it ends.
    """
    organisation_id = from_account.organisation_id
    if organisation_id is None or organisation_id == to_account.organisation_id:
        return False
    ((limit_kg,),) = fetch_all(_LIMIT, [organisation_id])
    return limit_kg is not None and quantity_kg > limit_kg


def transfer_limit_check(*, from_account: HoldingAccount, to_account: HoldingAccount, quantity_kg: int) -> None:
    """Refuse what needs a second member.

    Raises:
        ApprovalNeeded: the quantity is above the limit of the organisation that it leaves.
    """
    if transfer_is_above_limit(from_account=from_account, to_account=to_account, quantity_kg=quantity_kg):
        raise ApprovalNeeded(
            f"{tonnes_from_kg(quantity_kg).normalize():,f} t are above what one member may transfer out of this"
            " organisation alone. A member asks for it, and a second one approves."
        )
