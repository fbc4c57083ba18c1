"""Which mails movements and approvals of them cause, and to whom: one INSERT each, in the caller's transaction.

What they say is looked up when they are sent (`transactions.mails`). An address is never a reason to refuse what was
asked for, so none is checked here: one that cannot be used shows among the failed mails.
"""

from collections.abc import Sequence

from django.db.models import Case, IntegerField, Value, When
from django.db.models.expressions import Combinable, Subquery
from django.db.models.functions import Coalesce

from accounts.choices import MOVING_ROLES, MembershipRole
from accounts.models import Membership, User
from carboncore.mail.services import mail_send
from transactions.choices import PaymentMethod
from transactions.models import HoldingAccount, MovementApproval, PaymentRefund, Retirement, Transaction

_FOLDER = "transactions/mails"
MOST_ASKED = 50


def purchase_reserved_mail(*, purchase: Transaction) -> None:
    """Tell the buyer how to pay, where that is by invoice; a card is being charged on the very page they look at."""
    if purchase.payment_method == PaymentMethod.INVOICE:
        mail_send(to=_buyer(purchase), template=f"{_FOLDER}/invoice", context={"pk": purchase.pk})


def purchase_delivered_mail(*, purchase: Transaction) -> None:
    """Tell the buyer that the payment is here, and the credits theirs."""
    mail_send(to=_buyer(purchase), template=f"{_FOLDER}/receipt", context={"pk": purchase.pk})


def refund_mail(*, refund: PaymentRefund, purchase: Transaction) -> None:
    """Tell the buyer what is paid back, and how."""
    mail_send(to=_buyer(purchase), template=f"{_FOLDER}/refund", context={"pk": refund.pk})


def certificates_mail(*, retirements: Sequence[Retirement], account: HoldingAccount, person_id: int | None) -> None:
    """Send the certificate to whoever the account belongs to; of many, one list of where they are.

    `person_id` is who asked for it: of an organisation, that member is told, else its first owner.
    """
    to = _holder(account, person_id)
    if to is None:
        return
    if len(retirements) == 1:
        mail_send(to=to, template=f"{_FOLDER}/certificate", context={"pk": retirements[0].pk})
    elif retirements:
        keys = [retirement.pk for retirement in retirements]
        mail_send(to=to, template=f"{_FOLDER}/certificates", context={"pks": keys})


def offer_mail(*, offer: Transaction, receiver: HoldingAccount) -> None:
    """Tell the receiver that credits wait for them."""
    to = _holder(receiver, None)
    if to is not None:
        mail_send(to=to, template=f"{_FOLDER}/offer", context={"pk": offer.pk})


def approval_asked_mail(*, approval: MovementApproval) -> None:
    """Ask the other owners and traders of the organisation to decide about a transfer."""
    members = Membership.objects.filter(
        organisation=approval.organisation_id, role__in=MOVING_ROLES, user__is_active=True
    )
    for member in members.exclude(user=approval.asked_by_id).order_by("pk").select_related("user")[:MOST_ASKED]:
        mail_send(to=member.user.email, template=f"{_FOLDER}/approval_asked", context={"pk": approval.pk})


def approval_decided_mail(*, approval: MovementApproval) -> None:
    """Tell whoever asked what the second member decided."""
    mail_send(to=_person(approval.asked_by_id), template=f"{_FOLDER}/approval_decided", context={"pk": approval.pk})


def _buyer(purchase: Transaction) -> Combinable:
    if purchase.to_user_id is None:
        return Value(purchase.guest_email)
    # Whoever buys is known already; of a purchase that was read back, the address is looked up by the same statement.
    known = purchase.to_user if Transaction.to_user.is_cached(purchase) else None
    if known is not None:
        return Value(known.email)
    return _person(purchase.to_user_id)


def _holder(account: HoldingAccount, person_id: int | None) -> Combinable | None:
    """Return whom an account's mail goes to, None for the registry's own accounts."""
    if account.owner_id is not None:
        return _person(account.owner_id)
    if account.organisation_id is not None:
        members = User.objects.filter(memberships__organisation=account.organisation_id)
        asked_first = Case(When(pk=person_id, then=0), default=1, output_field=IntegerField())
        owners_next = Case(When(memberships__role=MembershipRole.OWNER, then=0), default=1, output_field=IntegerField())
        # The person who asked, and may have left meanwhile or be one of our staff; then the owners, oldest first.
        found = members.order_by(asked_first, owners_next, "memberships__pk")
        return Coalesce(Subquery(found.values("email")[:1]), Value(""))
    return Value(account.claim_email) if account.claim_email else None


def _person(pk: int) -> Combinable:
    return Coalesce(Subquery(User.objects.filter(pk=pk).values("email")), Value(""))
