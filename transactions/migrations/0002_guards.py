"""What the ORM cannot say: blocks tile their batch by keys, history is append-only, final states are final."""

from django.db import migrations

TILING = """
ALTER TABLE transactions_block
    ADD CONSTRAINT transactions_block_batch_quantity_fk FOREIGN KEY (batch_id, batch_kg)
        REFERENCES transactions_creditbatch (id, quantity_kg) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT transactions_block_predecessor_fk FOREIGN KEY (batch_id, previous_end_kg)
        REFERENCES transactions_block (batch_id, end_kg) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT transactions_block_successor_fk FOREIGN KEY (batch_id, next_first_kg)
        REFERENCES transactions_block (batch_id, first_kg) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE transactions_creditbatch
    ADD CONSTRAINT transactions_batch_first_block_fk FOREIGN KEY (id, start_kg)
        REFERENCES transactions_block (batch_id, first_kg) DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_TILING = """
ALTER TABLE transactions_creditbatch DROP CONSTRAINT transactions_batch_first_block_fk;
ALTER TABLE transactions_block DROP CONSTRAINT transactions_block_successor_fk;
ALTER TABLE transactions_block DROP CONSTRAINT transactions_block_predecessor_fk;
ALTER TABLE transactions_block DROP CONSTRAINT transactions_block_batch_quantity_fk;
"""

APPEND_ONLY = """
CREATE FUNCTION transactions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its history: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER transactions_entry_append_only BEFORE UPDATE OR DELETE ON transactions_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_entry_no_truncate BEFORE TRUNCATE ON transactions_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_line_append_only BEFORE UPDATE OR DELETE ON transactions_ledgerline
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_line_no_truncate BEFORE TRUNCATE ON transactions_ledgerline
    FOR EACH STATEMENT EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_transactionentry_append_only BEFORE UPDATE OR DELETE ON transactions_transactionentry
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_retirement_no_delete BEFORE DELETE ON transactions_retirement
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_block_no_delete BEFORE DELETE ON transactions_block
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_batch_no_delete BEFORE DELETE ON transactions_creditbatch
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
"""
UNDO_APPEND_ONLY = """
DROP TRIGGER transactions_batch_no_delete ON transactions_creditbatch;
DROP TRIGGER transactions_retirement_no_delete ON transactions_retirement;
DROP TRIGGER transactions_transactionentry_append_only ON transactions_transactionentry;
DROP TRIGGER transactions_block_no_delete ON transactions_block;
DROP TRIGGER transactions_line_no_truncate ON transactions_ledgerline;
DROP TRIGGER transactions_line_append_only ON transactions_ledgerline;
DROP TRIGGER transactions_entry_no_truncate ON transactions_ledgerentry;
DROP TRIGGER transactions_entry_append_only ON transactions_ledgerentry;
DROP FUNCTION transactions_refuse_change();
"""

FINAL_STATES = """
CREATE FUNCTION transactions_block_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('retired', 'cancelled', 'bridged') THEN
        RAISE EXCEPTION 'block %: credits that are % stay so', OLD.id, OLD.state
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_block_state_final';
    END IF;
    IF NEW.batch_id <> OLD.batch_id OR NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'block %: a block stays in its batch', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_block_batch_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_block_state_final BEFORE UPDATE ON transactions_block
    FOR EACH ROW EXECUTE FUNCTION transactions_block_check_change();

CREATE FUNCTION transactions_batch_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.project_id, NEW.vintage, NEW.number, NEW.serial_root, NEW.quantity_kg, NEW.standard_id, NEW.issued_at)
        IS DISTINCT FROM
       (OLD.id, OLD.project_id, OLD.vintage, OLD.number, OLD.serial_root, OLD.quantity_kg, OLD.standard_id, OLD.issued_at)
       OR NEW.entries < OLD.entries THEN
        RAISE EXCEPTION 'batch %: what was issued does not change', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_batch_identity_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_batch_identity_fixed BEFORE UPDATE ON transactions_creditbatch
    FOR EACH ROW EXECUTE FUNCTION transactions_batch_check_change();

CREATE TRIGGER transactions_issuance_decided_once BEFORE UPDATE OR DELETE ON transactions_issuancerequest
    FOR EACH ROW WHEN (OLD.state <> 'pending') EXECUTE FUNCTION transactions_refuse_change();
"""
UNDO_FINAL_STATES = """
DROP TRIGGER transactions_issuance_decided_once ON transactions_issuancerequest;
DROP TRIGGER transactions_batch_identity_fixed ON transactions_creditbatch;
DROP FUNCTION transactions_batch_check_change();
DROP TRIGGER transactions_block_state_final ON transactions_block;
DROP FUNCTION transactions_block_check_change();
"""


class Migration(migrations.Migration):
    dependencies = [("transactions", "0001_initial")]

    operations = [
        migrations.RunSQL(TILING, UNDO_TILING),
        migrations.RunSQL(APPEND_ONLY, UNDO_APPEND_ONLY),
        migrations.RunSQL(FINAL_STATES, UNDO_FINAL_STATES),
    ]
