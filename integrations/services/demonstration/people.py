"""The demonstration's staff and buyers: no passwords, and out of action as soon as it is done."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.utils.text import slugify

from accounts.models import User
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER
from integrations.services.demonstration.plan import BUYERS

# A domain that can belong to nobody.
_DOMAIN = "demonstration.invalid"


@dataclass(frozen=True)
class People:
    """Who does what; as everywhere, nobody decides what they asked for themselves."""

    officer: User
    reviewer: User
    approver: User
    trader: User
    buyers: dict[str, User]

    @property
    def everybody(self) -> list[User]:
        """All of them."""
        return [self.officer, self.reviewer, self.approver, self.trader, *self.buyers.values()]


def people_enter() -> People:
    """Make the accounts, active and without a password; call in the transaction that ends in `people_leave`."""
    return People(
        officer=_staff("officer", REGISTRY_OFFICER),
        reviewer=_staff("reviewer", REVIEWER),
        approver=_staff("approver", SUPER_ADMIN),
        trader=_staff("trader", TRANSACTIONS_OFFICER),
        buyers={name: User.objects.create_user(f"{slugify(name)}@{_DOMAIN}", None, full_name=name) for name in BUYERS},
    )


def people_leave(*, people: People) -> None:
    """Deactivate the accounts and take their roles away: they remain as names in the history only."""
    for person in people.everybody:
        person.groups.clear()
        person.is_active = person.is_staff = False
        person.save(update_fields=["is_active", "is_staff"])


def _staff(role: str, group: str) -> User:
    user = User.objects.create_user(
        f"{role}@{_DOMAIN}", None, full_name=f"Demonstration {role} (no person)", is_staff=True
    )
    user.groups.add(Group.objects.get(name=group))
    return user
