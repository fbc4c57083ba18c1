"""Says in the database that the limit is one of 24 hours."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_indexes_said_twice"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalorganisation",
            name="transfer_limit_kg",
            field=models.BigIntegerField(
                blank=True,
                editable=False,
                help_text="Kilograms that members may transfer out alone in 24 hours; empty: any quantity.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="organisation",
            name="transfer_limit_kg",
            field=models.BigIntegerField(
                blank=True,
                editable=False,
                help_text="Kilograms that members may transfer out alone in 24 hours; empty: any quantity.",
                null=True,
            ),
        ),
    ]
