"""Application numbers come from one sequence for each series: two submissions do not wait for each other's commit."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION calls_next_number(series text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sequence text := format('calls_number_%s', series);
    start bigint;
BEGIN
    IF to_regclass(quote_ident(sequence)) IS NULL THEN
        -- The first of a series makes the sequence; others that come meanwhile wait for it here. A lock on a table, not an
        -- advisory one: only the former looks again at what others have created.
        LOCK TABLE calls_counter IN EXCLUSIVE MODE;
        IF to_regclass(quote_ident(sequence)) IS NULL THEN
            SELECT last + 1 INTO start FROM calls_counter WHERE calls_counter.series = calls_next_number.series;
            EXECUTE format('CREATE SEQUENCE %I START %s', sequence, coalesce(start, 1));
        END IF;
    END IF;
    RETURN nextval(quote_ident(sequence)::regclass);
END $$;
"""
BACKWARD = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT c.relname, pg_sequence_last_value(c.oid) AS last FROM pg_class c
        WHERE c.relkind = 'S' AND c.relname LIKE 'calls\\_number\\_%' AND pg_table_is_visible(c.oid)
    LOOP
        INSERT INTO calls_counter (series, last) VALUES (substr(found.relname, 14), coalesce(found.last, 0))
            ON CONFLICT (series) DO UPDATE SET last = EXCLUDED.last;
        EXECUTE format('DROP SEQUENCE %I', found.relname);
    END LOOP;
END $$;
DROP FUNCTION calls_next_number(text);
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_host_rank")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
