"""What is only ever added to rejects UPDATE, DELETE and TRUNCATE; the tables of the cache and of the API's rate limit."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'headwater_append_only: % is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON core_event FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON core_event FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER eventseal_append_only BEFORE UPDATE OR DELETE ON core_eventseal FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER eventseal_no_truncate BEFORE TRUNCATE ON core_eventseal FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON core_seal FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON core_seal FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER rowdigest_append_only BEFORE UPDATE OR DELETE ON core_rowdigest FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER rowdigest_no_truncate BEFORE TRUNCATE ON core_rowdigest FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER identity_append_only BEFORE UPDATE OR DELETE ON core_identity FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER identity_no_truncate BEFORE TRUNCATE ON core_identity FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER identity_no_truncate ON core_identity;
DROP TRIGGER identity_append_only ON core_identity;
DROP TRIGGER rowdigest_no_truncate ON core_rowdigest;
DROP TRIGGER rowdigest_append_only ON core_rowdigest;
DROP TRIGGER seal_no_truncate ON core_seal;
DROP TRIGGER seal_append_only ON core_seal;
DROP TRIGGER eventseal_no_truncate ON core_eventseal;
DROP TRIGGER eventseal_append_only ON core_eventseal;
DROP TRIGGER event_no_truncate ON core_event;
DROP TRIGGER event_append_only ON core_event;
DROP FUNCTION core_append_only();
"""

CACHE = """
CREATE TABLE core_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX core_cache_expires ON core_cache (expires);
"""

# Unlogged: a count that is lost with a crash does no harm.
RATE = "CREATE UNLOGGED TABLE core_rate (key varchar(100) NOT NULL, slot bigint NOT NULL, used integer NOT NULL, PRIMARY KEY (key, slot));"


class Migration(migrations.Migration):
    replaces = [("core", "0002_guards")]
    dependencies = [("core", "0002_records")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        migrations.RunSQL(CACHE, "DROP TABLE core_cache;"),
        migrations.RunSQL(RATE, "DROP TABLE core_rate;"),
    ]
