"""What the ORM cannot say of factors and emissions: sets never change, results are only replaced, corrections show."""

from django.db import migrations

# A set is loaded in one transaction; from its end on, nothing is added, changed or taken away.
FIXED = """
CREATE FUNCTION integrations_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% does not change: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE FUNCTION integrations_factor_check_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM integrations_factorset s
               WHERE s.loaded_at <> transaction_timestamp()
                 AND s.id IN (SELECT DISTINCT factor_set_id FROM added)) THEN
        RAISE EXCEPTION 'a loaded factor set takes no more factors'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'integrations_factor_set_complete';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER integrations_factor_set_complete AFTER INSERT ON integrations_factor
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION integrations_factor_check_insert();
CREATE TRIGGER integrations_factor_fixed BEFORE UPDATE OR DELETE ON integrations_factor
    FOR EACH ROW EXECUTE FUNCTION integrations_refuse_change();
CREATE TRIGGER integrations_factor_no_truncate BEFORE TRUNCATE ON integrations_factor
    FOR EACH STATEMENT EXECUTE FUNCTION integrations_refuse_change();
CREATE TRIGGER integrations_factorset_no_delete BEFORE DELETE ON integrations_factorset
    FOR EACH ROW EXECUTE FUNCTION integrations_refuse_change();
CREATE TRIGGER integrations_factorset_fixed BEFORE UPDATE ON integrations_factorset
    FOR EACH ROW WHEN ((to_jsonb(OLD) - 'status') IS DISTINCT FROM (to_jsonb(NEW) - 'status'))
    EXECUTE FUNCTION integrations_refuse_change();
"""
UNDO_FIXED = """
DROP TRIGGER integrations_factorset_fixed ON integrations_factorset;
DROP TRIGGER integrations_factorset_no_delete ON integrations_factorset;
DROP TRIGGER integrations_factor_no_truncate ON integrations_factor;
DROP TRIGGER integrations_factor_fixed ON integrations_factor;
DROP TRIGGER integrations_factor_set_complete ON integrations_factor;
DROP FUNCTION integrations_factor_check_insert();
DROP FUNCTION integrations_refuse_change();
"""

REPLACED = """
CREATE TRIGGER integrations_emission_fixed BEFORE UPDATE ON integrations_emission
    FOR EACH ROW WHEN (
        OLD.superseded_at IS NOT NULL AND OLD.superseded_by_id IS NOT NULL
        OR (OLD.kg_co2e, OLD.quantity, OLD.factor_id, OLD.reading_ids, OLD.inputs, OLD.month, OLD.line, OLD.connection_id)
           IS DISTINCT FROM
           (NEW.kg_co2e, NEW.quantity, NEW.factor_id, NEW.reading_ids, NEW.inputs, NEW.month, NEW.line, NEW.connection_id))
    EXECUTE FUNCTION integrations_refuse_change();
"""
UNDO_REPLACED = "DROP TRIGGER integrations_emission_fixed ON integrations_emission;"

# Results name their readings by id, so a correction or a deletion finds those that it makes out of date.
OUT_OF_DATE = """
CREATE FUNCTION integrations_reading_mark_results() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE integrations_emission e SET out_of_date_at = now()
    FROM (SELECT connection_id, range_agg(int8range(id, id, '[]')) AS ids FROM gone GROUP BY connection_id) AS changed
    WHERE e.connection_id = changed.connection_id AND e.superseded_at IS NULL AND e.out_of_date_at IS NULL
      AND e.reading_ids && changed.ids;
    RETURN NULL;
END $$;
CREATE TRIGGER integrations_reading_corrected AFTER UPDATE ON integrations_reading
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION integrations_reading_mark_results();
CREATE TRIGGER integrations_reading_deleted AFTER DELETE ON integrations_reading
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION integrations_reading_mark_results();
"""
UNDO_OUT_OF_DATE = """
DROP TRIGGER integrations_reading_deleted ON integrations_reading;
DROP TRIGGER integrations_reading_corrected ON integrations_reading;
DROP FUNCTION integrations_reading_mark_results();
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_emission_factors")]

    operations = [
        migrations.RunSQL(FIXED, UNDO_FIXED),
        migrations.RunSQL(REPLACED, UNDO_REPLACED),
        migrations.RunSQL(OUT_OF_DATE, UNDO_OUT_OF_DATE),
    ]
