"""Entries of a second format, whose hash covers the actor and what a retirement says; retirements stay as they are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

# What a retirement says stands, but for being published or not, and for being erased once.
RETIREMENT_STANDS = """
CREATE FUNCTION transactions_retirement_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['published'];
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL THEN
        may_change := ARRAY['published', 'beneficiary_name', 'beneficiary_location', 'note', 'salt', 'erased_at',
                            'erased_by_id', 'erasure_reason'];
    END IF;
    IF (to_jsonb(NEW) - may_change) IS DISTINCT FROM (to_jsonb(OLD) - may_change) THEN
        RAISE EXCEPTION 'retirement %: what it says does not change', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_retirement_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_retirement_stands BEFORE UPDATE ON transactions_retirement
    FOR EACH ROW EXECUTE FUNCTION transactions_retirement_check_change();
"""
UNDO_RETIREMENT_STANDS = """
DROP TRIGGER transactions_retirement_stands ON transactions_retirement;
DROP FUNCTION transactions_retirement_check_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0009_history_by_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="ledgerentry",
            name="format",
            field=models.PositiveSmallIntegerField(default=1, help_text="Which canonical text the hash is of."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="statement",
            field=models.BinaryField(blank=True, max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(condition=Q(format__in=[1, 2]), name="transactions_entry_format_known"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=Q(kind="retirement", format__gt=1, statement__isnull=False)
                | (Q(statement__isnull=True) & (~Q(kind="retirement") | Q(format=1))),
                name="transactions_entry_statement_fits",
            ),
        ),
        migrations.AlterField(
            model_name="retirement",
            name="beneficiary_name",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="retirement",
            name="beneficiary_digest",
            field=models.BinaryField(blank=True, max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="retirement",
            name="salt",
            field=models.BinaryField(blank=True, max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="retirement",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="retirement",
            name="erased_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="retirement",
            name="erasure_reason",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddConstraint(
            model_name="retirement",
            constraint=models.CheckConstraint(
                condition=(
                    Q(erased_at__isnull=True, erased_by__isnull=True, erasure_reason="")
                    & ~Q(beneficiary_name="")
                    & (
                        Q(beneficiary_digest__isnull=True, salt__isnull=True)
                        | Q(beneficiary_digest__isnull=False, salt__isnull=False)
                    )
                )
                | (
                    Q(erased_at__isnull=False, salt__isnull=True, published=False)
                    & Q(beneficiary_name="", beneficiary_location="", note="")
                    & ~Q(erasure_reason="")
                ),
                name="transactions_retirement_erased_whole",
            ),
        ),
        migrations.RunSQL(RETIREMENT_STANDS, UNDO_RETIREMENT_STANDS),
    ]
