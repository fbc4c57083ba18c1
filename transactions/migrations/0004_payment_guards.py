"""What the ORM cannot say of prices and purchases: the past of a price stands, and a status moves by its table."""

from django.db import migrations

PRICES = """
CREATE FUNCTION transactions_price_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.valid_from < transaction_timestamp() THEN
            RAISE EXCEPTION 'a price cannot begin in the past'
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_price_past_stands';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.valid_from <= clock_timestamp() THEN
            RAISE EXCEPTION 'price %: it was in force and stays', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_price_past_stands';
        END IF;
        RETURN OLD;
    END IF;
    IF (to_jsonb(NEW) - 'valid_to') IS DISTINCT FROM (to_jsonb(OLD) - 'valid_to')
       OR NEW.valid_to IS NULL OR NEW.valid_to > OLD.valid_to OR NEW.valid_to < transaction_timestamp() THEN
        RAISE EXCEPTION 'price %: it can only be ended, and not in the past', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_price_past_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_price_past_stands BEFORE INSERT OR UPDATE OR DELETE ON transactions_creditprice
    FOR EACH ROW EXECUTE FUNCTION transactions_price_check_change();

CREATE FUNCTION transactions_tier_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    begins timestamptz;
BEGIN
    SELECT valid_from INTO begins FROM transactions_creditprice
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.price_id ELSE NEW.price_id END;
    IF TG_OP = 'UPDATE' OR begins < transaction_timestamp() THEN
        RAISE EXCEPTION 'the tiers of a price in force stay as they are'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_tier_past_stands';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER transactions_tier_past_stands BEFORE INSERT OR UPDATE OR DELETE ON transactions_volumetier
    FOR EACH ROW EXECUTE FUNCTION transactions_tier_check_change();
"""
UNDO_PRICES = """
DROP TRIGGER transactions_tier_past_stands ON transactions_volumetier;
DROP FUNCTION transactions_tier_check_change();
DROP TRIGGER transactions_price_past_stands ON transactions_creditprice;
DROP FUNCTION transactions_price_check_change();
"""

# The table of transactions.transitions.TRANSACTION_MOVES; a test compares the two.
STATUS_MOVES = """
CREATE FUNCTION transactions_transaction_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND NOT (OLD.status || '>' || NEW.status = ANY (ARRAY[
        'pending>reserved', 'pending>completed', 'pending>cancelled', 'pending>failed', 'pending>expired',
        'reserved>completed', 'reserved>cancelled', 'reserved>failed', 'reserved>expired', 'reserved>refunded',
        'completed>refunded',
        'expired>completed', 'expired>refunded',
        'cancelled>refunded',
        'failed>refunded'
    ])) THEN
        RAISE EXCEPTION 'transaction %: % does not become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_transaction_status_moves';
    END IF;
    IF (NEW.public_id, NEW.transaction_type, NEW.project_id, NEW.vintage, NEW.quantity_kg, NEW.price_per_credit,
        NEW.total_amount, NEW.currency, NEW.created_at)
        IS DISTINCT FROM
       (OLD.public_id, OLD.transaction_type, OLD.project_id, OLD.vintage, OLD.quantity_kg, OLD.price_per_credit,
        OLD.total_amount, OLD.currency, OLD.created_at)
       OR NEW.refund_amount < OLD.refund_amount THEN
        RAISE EXCEPTION 'transaction %: what was agreed does not change', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_transaction_agreed_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_transaction_moves BEFORE UPDATE ON transactions_transaction
    FOR EACH ROW EXECUTE FUNCTION transactions_transaction_check_change();
CREATE TRIGGER transactions_transaction_no_delete BEFORE DELETE ON transactions_transaction
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();

CREATE FUNCTION transactions_payment_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'taken' AND (NEW.state, NEW.amount_received, NEW.currency_received, NEW.taken_at)
        IS DISTINCT FROM (OLD.state, OLD.amount_received, OLD.currency_received, OLD.taken_at) THEN
        RAISE EXCEPTION 'payment %: money that was taken was taken', OLD.transaction_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transactions_payment_taken_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transactions_payment_taken_stands BEFORE UPDATE ON transactions_payment
    FOR EACH ROW EXECUTE FUNCTION transactions_payment_check_change();
CREATE TRIGGER transactions_payment_no_delete BEFORE DELETE ON transactions_payment
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER transactions_refund_no_delete BEFORE DELETE ON transactions_paymentrefund
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
"""
UNDO_STATUS_MOVES = """
DROP TRIGGER transactions_refund_no_delete ON transactions_paymentrefund;
DROP TRIGGER transactions_payment_no_delete ON transactions_payment;
DROP TRIGGER transactions_payment_taken_stands ON transactions_payment;
DROP FUNCTION transactions_payment_check_change();
DROP TRIGGER transactions_transaction_no_delete ON transactions_transaction;
DROP TRIGGER transactions_transaction_moves ON transactions_transaction;
DROP FUNCTION transactions_transaction_check_change();
"""


class Migration(migrations.Migration):
    dependencies = [("transactions", "0003_payments_and_prices")]

    operations = [
        migrations.RunSQL(PRICES, UNDO_PRICES),
        migrations.RunSQL(STATUS_MOVES, UNDO_STATUS_MOVES),
    ]
