"""Offsets: the credits retired for the emissions of some months, on what a report said then; they do not change."""

import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


# What it was made on stands; only the report's text can be erased.
STANDS = """
CREATE TRIGGER integrations_emissionsoffset_stands BEFORE UPDATE ON integrations_emissionsoffset
    FOR EACH ROW WHEN ((to_jsonb(OLD) - 'report') IS DISTINCT FROM (to_jsonb(NEW) - 'report')
                       OR (NEW.report <> '' AND NEW.report <> OLD.report))
    EXECUTE FUNCTION integrations_refuse_change();
CREATE TRIGGER integrations_emissionsoffset_no_delete BEFORE DELETE ON integrations_emissionsoffset
    FOR EACH ROW EXECUTE FUNCTION integrations_refuse_change();
"""
UNDO_STANDS = """
DROP TRIGGER integrations_emissionsoffset_no_delete ON integrations_emissionsoffset;
DROP TRIGGER integrations_emissionsoffset_stands ON integrations_emissionsoffset;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_indexes_said_twice"),
        ("integrations", "0010_indexes_said_twice"),
        ("transactions", "0014_inventories"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EmissionsOffset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("first_month", models.DateField(help_text="The first of the first month.")),
                ("last_month", models.DateField(help_text="The first of the last month, which is in it.")),
                (
                    "method",
                    models.CharField(
                        choices=[("location", "Location-based"), ("market", "Market-based")], max_length=10
                    ),
                ),
                (
                    "total_kg_co2e",
                    models.DecimalField(decimal_places=6, max_digits=24, verbose_name="the report's total, kg CO₂e"),
                ),
                ("before_kg", models.BigIntegerField(verbose_name="offset before, kg")),
                ("quantity_kg", models.BigIntegerField(verbose_name="quantity, kg")),
                ("report", models.TextField(blank=True)),
                ("report_sha256", models.CharField(max_length=64, verbose_name="the report's SHA-256")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emissions_offsets",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emissions_offsets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "purchase",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emissions_offset",
                        to="transactions.transaction",
                    ),
                ),
                (
                    "retirement",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emissions_offset",
                        to="transactions.retirement",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("organisation__isnull", True), ("owner__isnull", False)),
                            models.Q(("organisation__isnull", False), ("owner__isnull", True)),
                            _connector="OR",
                        ),
                        name="integrations_emissionsoffset_one_holder",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purchase__isnull", False), ("retirement__isnull", True)),
                            models.Q(("purchase__isnull", True), ("retirement__isnull", False)),
                            _connector="OR",
                        ),
                        name="integrations_emissionsoffset_one_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_month__day", 1),
                            ("last_month__day", 1),
                            ("last_month__gte", models.F("first_month")),
                        ),
                        name="integrations_emissionsoffset_whole_months",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("method__in", ["location", "market"])),
                        name="integrations_emissionsoffset_method_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("before_kg__gte", 0),
                            ("quantity_kg__gt", 0),
                            (
                                "total_kg_co2e__gt",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("before_kg"), "+", models.F("quantity_kg")
                                    ),
                                    "-",
                                    models.Value(1),
                                ),
                            ),
                            (
                                "total_kg_co2e__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("before_kg"), "+", models.F("quantity_kg")
                                ),
                            ),
                        ),
                        name="integrations_emissionsoffset_what_remained",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("report_sha256__regex", "^[0-9a-f]{64}$")),
                        name="integrations_emissionsoffset_digest_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STANDS, UNDO_STANDS),
    ]
