"""Drops the indexes of foreign keys that another index of the table begins with: each cost every insert."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0006_indexes_said_twice"),
        ("transactions", "0012_movement_approvals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="balance",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="balances",
                to="transactions.holdingaccount",
            ),
        ),
        migrations.AlterField(
            model_name="checkpointbatch",
            name="checkpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leaves",
                to="transactions.checkpoint",
            ),
        ),
        migrations.AlterField(
            model_name="creditbatch",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="registry.project",
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ledger_entries",
                to="transactions.creditbatch",
            ),
        ),
        migrations.AlterField(
            model_name="origincredits",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="origin_credits",
                to="registry.project",
            ),
        ),
        migrations.AlterField(
            model_name="volumetier",
            name="price",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tiers",
                to="transactions.creditprice",
            ),
        ),
    ]
