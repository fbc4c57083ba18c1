"""What the trail must never hold: the whole of it is searched for what was given to the services."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, models

from accounts.roles import SUPER_ADMIN, VIEWER
from accounts.services import staff_create, staff_password_set, staff_update
from carboncore.audit.redaction import is_redacted
from tests.factories import person
from tests.ledger_factories import account_with, issued_batch
from transactions.choices import RetirementPurpose
from transactions.services import RetirementDetails, Wanted, credits_retire, holding_account_open
from transactions.services.purchases.guests import guest_account

APPS = ("accounts", "registry", "transactions", "integrations")
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]
SECRETS = {
    "name": "Quirina Zeltwanger",
    "e-mail": "quirina@zeltwanger.example",
    "new e-mail": "q.z@zeltwanger.example",
    "password": "Elfzig-Mal-Sieben",
    "new password": "Zwoelf-Mal-Siebzig",
    "guest": "guest@zeltwanger.example",
    "beneficiary": "Hortensia Zeltwanger-Blum",
    "beneficiary's note": "For the christening of Hortensia",
    "account's name": "Savings of Quirina",
}


def personal_fields():
    for model in MODELS:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.EmailField | models.GenericIPAddressField):
                yield f"{model._meta.label_lower}.{field.name}"


@pytest.mark.parametrize("field", sorted(personal_fields()))
def test_every_column_of_an_address_is_redacted(field):
    model, name = field.rsplit(".", 1)

    assert is_redacted(model, name)


@pytest.mark.django_db
def test_the_whole_trail_holds_nothing_that_tells_who_somebody_is():
    lead = person(SUPER_ADMIN)
    user = staff_create(
        actor=lead, email=SECRETS["e-mail"], full_name=SECRETS["name"], groups=[Group.objects.get(name=VIEWER)],
        password=SECRETS["password"],
    )  # fmt: skip
    staff_update(actor=lead, pk=user.pk, fields={"email": SECRETS["new e-mail"]})
    staff_password_set(actor=lead, pk=user.pk, password=SECRETS["new password"])
    guest_account(email=SECRETS["guest"])
    holding_account_open(name=SECRETS["account's name"], owner=user)
    batch = issued_batch(quantity_kg=1_000)
    account = account_with(batch, 1_000, name=SECRETS["name"])
    credits_retire(
        actor=lead,
        account=account,
        wanted=Wanted(project_id=batch.project_id, quantity_kg=1_000),
        details=RetirementDetails(
            beneficiary_name=SECRETS["beneficiary"],
            purpose=RetirementPurpose.values[0],
            note=SECRETS["beneficiary's note"],
        ),
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, chr(10)) FROM audit_event e")
        (trail,) = cursor.fetchone()

    assert "credits.retired" in trail
    assert "staff.password_set" in trail
    assert {kind for kind, words in SECRETS.items() if words in trail} == set()
    assert user.password not in trail
