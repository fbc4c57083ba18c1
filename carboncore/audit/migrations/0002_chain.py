"""What the ORM cannot say: the trail is append-only, and each commit chains what it recorded.

At COMMIT the transaction takes the first of sixteen streams that is free and appends a link for each of its events.
Nobody waits while a stream is free; if all are taken it waits for one. A transaction that holds a stream finds it
first or finds a free one, so it never waits while it holds, and two cannot wait for each other here.
"""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps what was recorded: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_eventlink_append_only BEFORE UPDATE OR DELETE ON audit_eventlink
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_eventlink_no_truncate BEFORE TRUNCATE ON audit_eventlink
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
UNDO_APPEND_ONLY = """
DROP TRIGGER audit_seal_no_truncate ON audit_seal;
DROP TRIGGER audit_seal_append_only ON audit_seal;
DROP TRIGGER audit_eventlink_no_truncate ON audit_eventlink;
DROP TRIGGER audit_eventlink_append_only ON audit_eventlink;
DROP TRIGGER audit_event_no_truncate ON audit_event;
DROP TRIGGER audit_event_append_only ON audit_event;
DROP FUNCTION audit_refuse_change();
"""

CHAIN = """
CREATE FUNCTION audit_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own integer;
    before record;
    place bigint;
    words text;
BEGIN
    FOR candidate IN 1..16 LOOP
        IF pg_try_advisory_xact_lock(7301003, candidate) THEN
            own := candidate;
            EXIT;
        END IF;
    END LOOP;
    IF own IS NULL THEN
        own := 1 + pg_backend_pid() % 16;
        PERFORM pg_advisory_xact_lock(7301003, own);
    END IF;
    SELECT position, hash INTO before FROM audit_eventlink WHERE stream = own ORDER BY position DESC LIMIT 1;
    place := coalesce(before.position, 0) + 1;
    words := jsonb_build_array(
        own, place, NEW.id, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), NEW.action, NEW.outcome,
        NEW.actor_id, NEW.entrance, host(NEW.ip_address), NEW.user_agent, NEW.request_id, NEW.on_behalf_of,
        NEW.object_type, NEW.object_id, NEW.note, NEW.changes
    )::text;
    before.hash := coalesce(before.hash, decode(repeat('00', 32), 'hex'));
    INSERT INTO audit_eventlink (event_id, stream, position, previous_hash, hash)
    VALUES (NEW.id, own, place, before.hash, sha256(before.hash || convert_to(words, 'UTF8')));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_event_chained AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_event_chain();

CREATE FUNCTION audit_eventlink_check_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'links of the audit trail are made by the commit of their event alone'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_eventlink_by_commit_only BEFORE INSERT ON audit_eventlink
    FOR EACH ROW EXECUTE FUNCTION audit_eventlink_check_origin();
"""
UNDO_CHAIN = """
DROP TRIGGER audit_eventlink_by_commit_only ON audit_eventlink;
DROP FUNCTION audit_eventlink_check_origin();
DROP TRIGGER audit_event_chained ON audit_event;
DROP FUNCTION audit_event_chain();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, UNDO_APPEND_ONLY),
        migrations.RunSQL(CHAIN, UNDO_CHAIN),
    ]
