"""Fills a migrated, empty database with projects that sell credits, and signs buyers in.

`python benchmarks/market.py PROJECTS BUYERS` (with the environment of a server) prints the buyers' bearer tokens, one a
line. Each project has one batch of a million tonnes in its proceeds account, and a price.
"""

import logging
import os
import secrets
import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django

from benchmarks import dataset
from benchmarks.purchase_load import PRICE

BATCH_KG = 1_000_000_000
VINTAGE = 2024
PASSWORD = secrets.token_urlsafe(24)


def main(projects: int, buyers: int) -> None:
    """Fill the database and print the tokens."""
    django.setup()
    logging.disable(logging.INFO)
    from django.utils import timezone

    from accounts.models import User
    from transactions.services import holding_account_open

    confirmed = {"email_confirmed_at": timezone.now()}

    dataset.fill(os.environ["DATABASE_URL"], projects)
    people = [
        User.objects.create_user(f"buyer-{number}@example.org", PASSWORD, full_name=f"Buyer {number}", **confirmed)
        for number in range(1, buyers + 1)
    ]
    open_for_sale(User.objects.create_user("officer@example.org", PASSWORD, is_staff=True, is_superuser=True))
    for buyer in people:
        holding_account_open(name=buyer.full_name, owner=buyer)
        print(bearer_token(buyer))


def open_for_sale(actor: "User") -> None:  # noqa: F821 - Django's models are there only after its set-up
    """Register every project, issue it a batch and set its price."""
    from django.db import connection

    from registry.models import Project
    from transactions.services.prices import price_set

    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_project SET status = 'registered', minimum_purchase_volume = 0.001")
        cursor.execute(
            "UPDATE registry_projectcredits SET issued_kg = 0, available_kg = 0, reserved_kg = 0, buffer_kg = 0,"
            " retired_kg = 0, cancelled_kg = 0, bridged_kg = 0"
        )
    for project in Project.objects.select_related("project_type").order_by("pk"):
        issue(actor, project)
        price_set(actor=actor, project=project, vintage=None, currency="EUR", price_per_credit=Decimal(PRICE))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def issue(actor: "User", project: "Project") -> None:  # noqa: F821 - as above
    """Put a batch into the project's proceeds account by the ledger itself, without the papers that lead there."""
    from transactions.choices import BlockState
    from transactions.models import CreditBatch
    from transactions.serials import serial_root
    from transactions.services.holding_accounts import proceeds_account
    from transactions.services.posting import posting

    seller = proceeds_account(project=project)
    with posting(actor=actor, account_ids=[seller.pk]) as movement:
        batch = CreditBatch.objects.create(
            project=project,
            vintage=VINTAGE,
            number=1,
            serial_root=serial_root(
                country=project.country_id,
                type_code=project.project_type.code,
                project_id=project.pk,
                vintage=VINTAGE,
                number=1,
            ),
            quantity_kg=BATCH_KG,
            issued_at=movement.at,
        )
        movement.issue(batch=batch, shares=[(seller, BlockState.ACTIVE, BATCH_KG)])
    # pgbench's script names all four by the one number that it has drawn.
    block = batch.blocks.get()
    if not project.pk == seller.pk == batch.pk == block.pk:
        raise RuntimeError("A project, its proceeds account, batch and block are to have the same key.")


def bearer_token(user: "User") -> str:  # noqa: F821 - as above
    """Return what a buyer sends as `Authorization: Bearer …`, after signing in like everybody."""
    from accounts.services import person_sign_in

    return person_sign_in(email=user.email, password=PASSWORD).access_token


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
