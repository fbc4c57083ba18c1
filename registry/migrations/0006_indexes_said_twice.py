"""Drops the indexes of foreign keys that another index of the table begins with: each cost every insert."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_unknown_is_not_allowed"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="searchword", name="registry_searchword_prefix_idx"),
        migrations.AlterField(
            model_name="boundaryoverlap",
            name="first",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="overlaps_as_first",
                to="registry.project",
            ),
        ),
        migrations.AlterField(
            model_name="projectstandard",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certifications",
                to="registry.project",
            ),
        ),
        migrations.AlterField(
            model_name="validatoraccreditation",
            name="validator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accreditations",
                to="registry.standardvalidator",
            ),
        ),
    ]
