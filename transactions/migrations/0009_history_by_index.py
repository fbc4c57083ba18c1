"""Find a range's history, an account's month and a past day's balance by index, however long the ledger has become."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func

# Lines are append-only; here alone they are given what their entries say already.
BACKFILL_LINES = """
ALTER TABLE transactions_ledgerline DISABLE TRIGGER transactions_line_append_only;
UPDATE transactions_ledgerline l SET batch_id = e.batch_id, at = e.at
FROM transactions_ledgerentry e WHERE e.id = l.entry_id;
ALTER TABLE transactions_ledgerline ENABLE TRIGGER transactions_line_append_only;
"""

BACKFILL_DAYS = """
INSERT INTO transactions_dailychange (account_id, batch_id, state, day, change_kg)
SELECT account_id, batch_id, state, (at AT TIME ZONE 'UTC')::date, sum(kg)
FROM (
    SELECT to_account_id AS account_id, batch_id, to_state AS state, at, end_kg - first_kg AS kg
    FROM transactions_ledgerline
    UNION ALL
    SELECT from_account_id, batch_id, from_state, at, first_kg - end_kg
    FROM transactions_ledgerline WHERE from_account_id IS NOT NULL
) moved
GROUP BY 1, 2, 3, 4;
"""


class Migration(migrations.Migration):
    dependencies = [("transactions", "0008_account_history_and_offers")]

    operations = [
        migrations.AddField(
            model_name="ledgerline",
            name="batch",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ledger_lines",
                to="transactions.creditbatch",
            ),
        ),
        migrations.AddField(model_name="ledgerline", name="at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(BACKFILL_LINES, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="ledgerline",
            name="batch",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ledger_lines",
                to="transactions.creditbatch",
            ),
        ),
        migrations.AlterField(model_name="ledgerline", name="at", field=models.DateTimeField()),
        migrations.AddField(
            model_name="ledgerline",
            name="span",
            field=models.GeneratedField(
                db_persist=True,
                expression=Func(
                    F("end_kg") - F("first_kg") - 1, template="length(ltrim((%(expressions)s)::bit(64)::text, '0'))"
                ),
                output_field=models.SmallIntegerField(),
            ),
        ),
        # The key (entry, first_kg) finds an entry's lines, and the new indexes an account's.
        migrations.AlterField(
            model_name="ledgerline",
            name="entry",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="transactions.ledgerentry",
            ),
        ),
        migrations.AlterField(
            model_name="ledgerline",
            name="from_account",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines_out",
                to="transactions.holdingaccount",
            ),
        ),
        migrations.AlterField(
            model_name="ledgerline",
            name="to_account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines_in",
                to="transactions.holdingaccount",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerline",
            index=models.Index(fields=["batch", "span", "first_kg"], name="transactions_line_range_idx"),
        ),
        migrations.AddIndex(
            model_name="ledgerline",
            index=models.Index(fields=["from_account", "at"], name="transactions_line_out_idx"),
        ),
        migrations.AddIndex(
            model_name="ledgerline",
            index=models.Index(fields=["to_account", "at"], name="transactions_line_in_idx"),
        ),
        migrations.CreateModel(
            name="DailyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("reserved", "Reserved"),
                            ("buffer", "Buffer"),
                            ("retired", "Retired"),
                            ("cancelled", "Cancelled"),
                            ("bridged", "Bridged out"),
                        ],
                        max_length=10,
                    ),
                ),
                ("day", models.DateField()),
                ("change_kg", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="daily_changes",
                        to="transactions.holdingaccount",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="daily_changes",
                        to="transactions.creditbatch",
                    ),
                ),
            ],
            options={
                "ordering": ["account_id", "batch_id", "state", "day"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "batch", "state", "day"), name="transactions_dailychange_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(BACKFILL_DAYS, migrations.RunSQL.noop),
    ]
