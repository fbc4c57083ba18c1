"""The rules of the tables: nothing that history hangs on is cascaded away, and every rule has a name that tells it."""

import re

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models import PROTECT

APPS = ("audit", "mail", "accounts", "registry", "transactions", "integrations")
MODELS = [model for app in APPS if apps.is_installed(app) for model in apps.get_app_config(app).get_models()]
OWN = [
    model for model in MODELS if not hasattr(model, "instance_type") and "historical" not in str(model._meta.model_name)
]

# What may go with what it belongs to: no history hangs on it.
CASCADED = {
    "accounts.SignInAttempt.user": "a try to sign in means nothing without its account, and accounts are deactivated",
    "accounts.RefreshToken.session": "a refresh token continues its session and nothing else",
    "integrations.ListingConflict.project_a": "a pair of listings is none when one is gone; registry cannot know of it",
    "integrations.ListingConflict.project_b": "a pair of listings is none when one is gone; registry cannot know of it",
    "transactions.VolumeTier.price": "a tier is a part of its price",
}


def foreign_keys():
    for model in OWN:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                yield f"{model._meta.label}.{field.name}", field


@pytest.mark.parametrize(("name", "field"), foreign_keys(), ids=lambda value: value if isinstance(value, str) else "")
def test_nothing_is_deleted_or_forgotten_with_what_it_refers_to(name, field):
    if name in CASCADED:
        assert field.remote_field.on_delete is models.CASCADE, "the exemption is no longer needed"
    else:
        assert field.remote_field.on_delete is PROTECT


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_constraints_and_indexes_are_named_table_what_rule(model):
    for rule in [*model._meta.constraints, *model._meta.indexes]:
        app, table, *what = rule.name.split("_")
        assert app == model._meta.app_label, rule.name
        assert what, f"{rule.name} does not say which rule it is"
        if isinstance(rule, models.BaseConstraint):
            assert table in str(model._meta.model_name), rule.name
        assert re.fullmatch(r"[a-z0-9_]{8,63}", rule.name)
        assert isinstance(rule, models.Index) == rule.name.endswith("_idx"), rule.name


@pytest.mark.django_db
def test_what_the_models_name_is_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        present = {name for (name,) in cursor.fetchall()}

    named = {rule.name for model in OWN for rule in [*model._meta.constraints, *model._meta.indexes]}
    assert named - present == set()
    assert "registry_project_bbox_idx" in present


@pytest.mark.django_db
def test_no_index_repeats_the_beginning_of_another():
    # given: every plain index over columns, with what each column is compared by
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
            FROM pg_index one JOIN pg_index other USING (indrelid)
            JOIN pg_class name ON name.oid = one.indexrelid JOIN pg_class longer ON longer.oid = other.indexrelid
            WHERE one.indrelid::regclass::text = ANY(%s) AND NOT one.indisunique AND one.indexrelid <> other.indexrelid
              AND one.indpred IS NULL AND other.indpred IS NULL AND one.indexprs IS NULL AND name.relam = longer.relam
              AND other.indkey::text || ' ' LIKE one.indkey::text || ' %%'
              AND other.indclass::text || ' ' LIKE one.indclass::text || ' %%'
            """,
            [[model._meta.db_table for model in MODELS]],
        )

        # then: none costs each insert without finding anything that another does not
        assert cursor.fetchall() == []
