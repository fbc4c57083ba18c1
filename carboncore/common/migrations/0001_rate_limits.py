"""The counts behind the rate limits. No model: only two statements, both in `rate_limits/postgres_store.py`, use it."""

from django.db import migrations

CREATE = """
    CREATE UNLOGGED TABLE common_rate_limit (
        key text PRIMARY KEY,
        seconds integer NOT NULL,
        most integer NOT NULL,
        counted_window bigint NOT NULL,
        current integer NOT NULL,
        previous integer NOT NULL,
        granted integer NOT NULL,
        taken_at timestamptz NOT NULL
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
    COMMENT ON TABLE common_rate_limit IS 'Requests of each caller in the present and the last window; safe to empty.';
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, "DROP TABLE common_rate_limit")]
