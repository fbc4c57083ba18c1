"""Drops the indexes of foreign keys that another index of the table begins with: each cost every insert."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0009_syncing"),
        ("registry", "0006_indexes_said_twice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="columnmapping",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="emissionrun",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="emission_runs",
                to="integrations.connection",
            ),
        ),
        migrations.AlterField(
            model_name="factor",
            name="factor_set",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="factors",
                to="integrations.factorset",
            ),
        ),
        migrations.AlterField(
            model_name="listingconflict",
            name="project_a",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="conflicts_as_a",
                to="registry.project",
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="readings",
                to="integrations.connection",
            ),
        ),
        # Django would take the partial index that lets one sync at a time happen along with it: it has the same column.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    sql="DROP INDEX integrations_syncrun_connection_id_7dbb5ccb",
                    reverse_sql="CREATE INDEX integrations_syncrun_connection_id_7dbb5ccb"
                    " ON integrations_syncrun (connection_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="syncrun",
                    name="connection",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sync_runs",
                        to="integrations.connection",
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="unmatchedactivity",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="unmatched_activities",
                to="integrations.connection",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uploads",
                to="integrations.connection",
            ),
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="integrations.webhookendpoint",
            ),
        ),
    ]
