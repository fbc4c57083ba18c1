"""The proofs of retirements, kept from the first checkpoint that covers them, so that a certificate reads one row."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactions", "0010_what_the_hash_covers")]

    operations = [
        migrations.CreateModel(
            name="EntryProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_path", models.BinaryField()),
                ("batch_path", models.BinaryField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proof",
                        to="transactions.ledgerentry",
                    ),
                ),
                (
                    "leaf",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entry_proofs",
                        to="transactions.checkpointbatch",
                    ),
                ),
            ],
            options={"ordering": ["entry_id"]},
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER transactions_entryproof_append_only BEFORE UPDATE OR DELETE ON transactions_entryproof
                FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
            """,
            "DROP TRIGGER transactions_entryproof_append_only ON transactions_entryproof;",
        ),
    ]
