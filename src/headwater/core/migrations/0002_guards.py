"""The event log rejects UPDATE, DELETE and TRUNCATE; the table of the cache that rate limits need."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'headwater_append_only: % is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON core_event FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON core_event FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER eventseal_append_only BEFORE UPDATE OR DELETE ON core_eventseal FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TABLE core_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX core_cache_expires ON core_cache (expires);
"""
BACKWARD = """
DROP TABLE core_cache;
DROP TRIGGER eventseal_append_only ON core_eventseal;
DROP TRIGGER event_no_truncate ON core_event;
DROP TRIGGER event_append_only ON core_event;
DROP FUNCTION core_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
