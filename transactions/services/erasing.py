"""Erasing on whose behalf credits were retired: the name goes for good, the retirement and its chain stay proved."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import event_record
from registry.reach import require_reach
from transactions.errors import RetirementErased
from transactions.models import PlannedRetirement, Retirement, Transaction
from transactions.rights import require_transactions_work
from transactions.services.moving import stated_reason


def retirement_statement_erase(*, actor: User, retirement: Retirement, reason: str) -> Retirement:
    """Erase beneficiary, location, note and salt of a retirement; quantity, serials, purpose and period stay proved.

    For a beneficiary who is a private person and has the right to be forgotten. The purchase that planned the
    retirement and the transaction forget with it; copies in mails and files outside are not in our hands. There is
    no way back. Who erased it and why is kept, so give a `reason` that names nobody.

    Raises:
        NotAllowed: the actor does not work transactions.
        ProjectNotFound: its project is out of the actor's reach.
        InvalidInput: no reason was given.
        RetirementErased: it was erased before.
    """
    require_transactions_work(actor, "erase what retirements say")
    reason = stated_reason(reason)
    with transaction.atomic():
        kept = Retirement.objects.select_for_update(of=("self",)).select_related("transaction")
        locked = kept.get(pk=retirement.pk)
        require_reach(locked.transaction.project_id, actor)
        if locked.erased_at is not None:
            raise RetirementErased
        locked.beneficiary_name = locked.beneficiary_location = locked.note = ""
        locked.salt, locked.published = None, False
        locked.erased_at, locked.erased_by, locked.erasure_reason = timezone.now(), actor, reason
        locked.save()
        # The reason of a cancellation stands in the ledger; of a retirement only the note was repeated here.
        Transaction.objects.filter(pk=locked.transaction_id).update(note="")
        PlannedRetirement.objects.filter(retirement=locked).update(
            beneficiary_name="", beneficiary_location="", note="", published=False
        )
        event_record(action="retirement.erased", obj=locked, note=reason, actor=actor)
    return locked
