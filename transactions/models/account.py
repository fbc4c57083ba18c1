"""Holding accounts: who holds credits."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from carboncore.common.history import tracked_history
from transactions.choices import AccountKind, AccountState, BlockState
from transactions.querysets import HoldingAccountQuerySet


class HoldingAccount(models.Model):
    """An account that holds credits for a person, an organisation, a project or the registry itself.

    A frozen account neither gives nor receives; a closed one is empty for good. `claim_email` marks an
    account whose credits wait for whoever proves to own that e-mail.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=20, choices=AccountKind.choices, default=AccountKind.HOLDING)
    state = models.CharField(max_length=10, choices=AccountState.choices, default=AccountState.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="holding_accounts"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="holding_accounts"
    )
    project = models.ForeignKey(
        "registry.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="proceeds_accounts"
    )
    claim_email = models.EmailField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HoldingAccountQuerySet.as_manager()
    # Whose account it is stands in the account: history repeats no name and no e-mail of a person.
    history = tracked_history(
        excluded_fields=["name", "claim_email"],
        history_change_reason_field=models.CharField(max_length=1000, null=True),
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            # A person's (who may have claimed it by e-mail), an organisation's, or waiting for an e-mail's owner.
            models.CheckConstraint(
                condition=(
                    Q(kind=AccountKind.HOLDING, project__isnull=True)
                    & (
                        Q(owner__isnull=False, organisation__isnull=True)
                        | Q(owner__isnull=True, organisation__isnull=False, claim_email="")
                        | (Q(owner__isnull=True, organisation__isnull=True) & ~Q(claim_email=""))
                    )
                )
                | Q(
                    kind=AccountKind.PROJECT_PROCEEDS,
                    project__isnull=False,
                    owner__isnull=True,
                    organisation__isnull=True,
                    claim_email="",
                )
                | Q(
                    kind__in=[AccountKind.BUFFER_POOL, AccountKind.REGISTRY_OPERATIONS],
                    project__isnull=True,
                    owner__isnull=True,
                    organisation__isnull=True,
                    claim_email="",
                ),
                name="transactions_account_owner_fits_kind",
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(kind=AccountKind.PROJECT_PROCEEDS),
                name="transactions_account_proceeds_once",
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind=AccountKind.BUFFER_POOL), name="transactions_account_buffer_once"
            ),
            models.UniqueConstraint(
                fields=["claim_email"],
                condition=~Q(claim_email="") & Q(owner__isnull=True),
                name="transactions_account_claim_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """The account's number, as statements print it."""
        return f"CC-A-{self.pk:06d}"


class Balance(models.Model):
    """Kilograms that an account holds of one batch in one state; written with every movement, proved by replay.

    Kept so that a balance costs the same however many blocks it is made of.
    """

    account = models.ForeignKey(HoldingAccount, on_delete=models.PROTECT, related_name="balances", db_index=False)
    batch = models.ForeignKey("transactions.CreditBatch", on_delete=models.PROTECT, related_name="balances")
    state = models.CharField(max_length=10, choices=BlockState.choices)
    quantity_kg = models.BigIntegerField()

    class Meta:
        ordering = ["account_id", "batch_id", "state"]
        constraints = [
            models.UniqueConstraint(fields=["account", "batch", "state"], name="transactions_balance_once"),
            models.CheckConstraint(condition=Q(quantity_kg__gte=0), name="transactions_balance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_kg} kg {self.state} of batch {self.batch_id}"


class DailyChange(models.Model):
    """By how many kilograms (signed) a balance changed on one day (UTC); written with every movement, proved by replay.

    Kept so that the balance of a past day is a sum over days and not over movements. It has no foreign keys of its
    own: the balance beside it holds the account and the batch.
    """

    account = models.ForeignKey(
        HoldingAccount, on_delete=models.PROTECT, related_name="daily_changes", db_constraint=False, db_index=False
    )
    batch = models.ForeignKey(
        "transactions.CreditBatch",
        on_delete=models.PROTECT,
        related_name="daily_changes",
        db_constraint=False,
        db_index=False,
    )
    state = models.CharField(max_length=10, choices=BlockState.choices)
    day = models.DateField()
    change_kg = models.BigIntegerField()

    class Meta:
        ordering = ["account_id", "batch_id", "state", "day"]
        constraints = [
            models.UniqueConstraint(fields=["account", "batch", "state", "day"], name="transactions_dailychange_once"),
        ]

    def __str__(self) -> str:
        return f"{self.change_kg:+} kg {self.state} of batch {self.batch_id} on {self.day}"
