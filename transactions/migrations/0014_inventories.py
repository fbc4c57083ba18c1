"""What a retirement offsets: the inventory that it names, and planned retirements that were called off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactions", "0013_indexes_said_twice")]

    operations = [
        migrations.AddField(
            model_name="retirement",
            name="inventory",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Which inventory's emissions it offsets; names nobody, and is never erased.",
                max_length=255,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="plannedretirement",
            name="inventory",
            field=models.CharField(blank=True, default="", max_length=255),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="plannedretirement",
            name="withdrawn_at",
            field=models.DateTimeField(
                blank=True, help_text="From then on bought credits are delivered and not retired.", null=True
            ),
        ),
    ]
