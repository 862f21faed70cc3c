"""What the database itself holds of entries: their state is one of their kind, and what has a successor is over."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION registers_entry_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE declared jsonb;
BEGIN
    SELECT states -> NEW.state INTO declared FROM registers_kindversion WHERE id = NEW.version_id AND code = NEW.kind;
    IF declared IS NULL THEN
        RAISE EXCEPTION 'entry %: kind % has no state %', NEW.number, NEW.kind, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF declared ->> 'group' <> NEW."group" OR (declared ->> 'public')::boolean <> NEW.is_public THEN
        RAISE EXCEPTION 'entry %: kind % says otherwise of the state %', NEW.number, NEW.kind, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION registers_succeeded_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.succeeded_on IS NOT NULL AND NEW.succeeded_on IS NULL AND EXISTS (
        SELECT FROM registers_succession WHERE replace(subject_kind, '.', '_') = TG_TABLE_NAME AND before_id = NEW.id) THEN
        RAISE EXCEPTION 'entry % has a successor', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION registers_succession_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_over boolean;
BEGIN
    EXECUTE format('SELECT succeeded_on IS NOT NULL FROM %I WHERE id = $1', replace(NEW.subject_kind, '.', '_'))
        INTO is_over USING NEW.before_id;
    IF is_over IS NOT TRUE THEN
        RAISE EXCEPTION '% % has a successor and is not over', NEW.subject_kind, NEW.before_id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (WITH RECURSIVE later (id) AS (
            SELECT NEW.after_id UNION SELECT s.after_id FROM registers_succession s JOIN later ON later.id = s.before_id
            WHERE s.subject_kind = NEW.subject_kind)
        SELECT FROM later WHERE id = NEW.before_id) THEN
        RAISE EXCEPTION '% % would succeed itself', NEW.subject_kind, NEW.before_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER succession_fits BEFORE INSERT OR UPDATE ON registers_succession
    FOR EACH ROW EXECUTE FUNCTION registers_succession_fits();
"""
NO_GUARDS = """
DROP TRIGGER succession_fits ON registers_succession;
DROP FUNCTION registers_succession_fits();
DROP FUNCTION registers_succeeded_stays();
DROP FUNCTION registers_entry_fits();
"""


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_tables")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
