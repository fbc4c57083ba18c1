"""A person's right to a copy of what is held about them, and to be forgotten where the ledger does not need them."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.choices import LinkPurpose, SessionEnd
from accounts.errors import ErasureHindered
from accounts.mails import mail_erased
from accounts.models import User
from accounts.personal_data import personal_data_holders
from accounts.services.links import links_cancel
from accounts.services.sessions import sessions_end
from accounts.services.sign_in import password_prove
from carboncore.audit.services import event_record
from carboncore.mail.services import mails_address_erase


def personal_data_export(*, user: User) -> dict[str, Any]:
    """Return everything that each app holds about the person, under the app's name; plain JSON values."""
    with transaction.atomic():
        event_record(action="user.data_exported", obj=user, actor=user)
        return {holder.name: holder.export(user) for holder in personal_data_holders()}


def person_erase(*, user: User, password: str) -> None:
    """Erase the person for good: nothing personal is left, nobody can sign in, and what the ledger says stays.

    Raises:
        StaffAccount: it is a staff account.
        SignInLocked: five wrong passwords for this e-mail in the last fifteen minutes.
        InvalidInput: on `password`: it is not theirs.
        ErasureHindered: they hold credits or are an organisation's last owner; it says what to do first.
    """
    password_prove(user=user, password=password)
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=user.pk)
        hindrances = [holder.hindrance(person) for holder in personal_data_holders() if holder.hindrance]
        if reasons := [reason for reason in hindrances if reason]:
            raise ErasureHindered(" ".join(reasons))
        mails_address_erase(address=person.email)
        mail_erased(email=person.email)
        sessions_end(user=person, reason=SessionEnd.ERASED)
        links_cancel(user=person, purposes=list(LinkPurpose))
        for holder in personal_data_holders():
            holder.erase(person)
        person.email = f"{person.public_id}@erased.invalid"
        person.username = person.full_name = ""
        person.roles = []
        person.password = make_password(None)
        person.is_active, person.email_confirmed_at, person.erased_at = False, None, timezone.now()
        person.save()
        event_record(action="user.erased", obj=person, actor=person)
