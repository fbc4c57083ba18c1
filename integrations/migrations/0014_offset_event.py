"""Subscribers can be told that their emissions were offset."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0013_sync_failed_event"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalwebhookendpoint",
            name="event_types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("project.published", "A project was published or hidden"),
                        ("project.moved", "A published project moved in its lifecycle"),
                        ("credits.issued", "Credits of a published project were issued"),
                        ("credits.retired", "Credits were retired"),
                        ("credits.cancelled", "Credits were cancelled"),
                        ("sync.finished", "One of the subscriber's data sources was read"),
                        ("sync.failed", "One of the subscriber's data sources could not be read"),
                        ("upload.processed", "One of the subscriber's files was processed"),
                        ("emissions.offset", "Emissions of the subscriber's were offset"),
                        ("webhook.test", "The test button was pressed"),
                    ],
                    max_length=40,
                ),
                size=20,
            ),
        ),
        migrations.AlterField(
            model_name="webhookendpoint",
            name="event_types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("project.published", "A project was published or hidden"),
                        ("project.moved", "A published project moved in its lifecycle"),
                        ("credits.issued", "Credits of a published project were issued"),
                        ("credits.retired", "Credits were retired"),
                        ("credits.cancelled", "Credits were cancelled"),
                        ("sync.finished", "One of the subscriber's data sources was read"),
                        ("sync.failed", "One of the subscriber's data sources could not be read"),
                        ("upload.processed", "One of the subscriber's files was processed"),
                        ("emissions.offset", "Emissions of the subscriber's were offset"),
                        ("webhook.test", "The test button was pressed"),
                    ],
                    max_length=40,
                ),
                size=20,
            ),
        ),
        migrations.AlterField(
            model_name="webhookevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("project.published", "A project was published or hidden"),
                    ("project.moved", "A published project moved in its lifecycle"),
                    ("credits.issued", "Credits of a published project were issued"),
                    ("credits.retired", "Credits were retired"),
                    ("credits.cancelled", "Credits were cancelled"),
                    ("sync.finished", "One of the subscriber's data sources was read"),
                    ("sync.failed", "One of the subscriber's data sources could not be read"),
                    ("upload.processed", "One of the subscriber's files was processed"),
                    ("emissions.offset", "Emissions of the subscriber's were offset"),
                    ("webhook.test", "The test button was pressed"),
                ],
                max_length=40,
            ),
        ),
    ]
