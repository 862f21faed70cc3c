"""What the database itself holds to: numbers, the money of a call, words that were signed, one live application of a person."""

from django.db import migrations

# Application numbers come from one sequence for each series: two submissions do not wait for each other's commit. A new series
# needs a sequence, which only the owner of the tables may make: the function does, for whoever calls it.
NUMBERS = """
CREATE TABLE calls_counter (series varchar(40) PRIMARY KEY, last integer NOT NULL);
CREATE SEQUENCE calls_letter_number;
CREATE FUNCTION calls_next_number(series text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
NO_NUMBERS = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT c.relname FROM pg_class c
        WHERE c.relkind = 'S' AND c.relname LIKE 'calls\\_number\\_%' AND pg_table_is_visible(c.oid)
    LOOP
        EXECUTE format('DROP SEQUENCE %I', found.relname);
    END LOOP;
END $$;
DROP FUNCTION calls_next_number(text);
DROP SEQUENCE calls_letter_number;
DROP TABLE calls_counter;
"""

# Money that went back to the call counts no more.
BUDGET = """
CREATE FUNCTION calls_within_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE broken record;
BEGIN
    -- Two decisions on one call wait for each other here, so that neither misses the other's money.
    PERFORM 1 FROM calls_call WHERE id IN (SELECT DISTINCT call_id FROM fresh) ORDER BY id FOR UPDATE;
    SELECT c.code, c.budget_fen, sum(d.amount_fen) AS spent INTO broken FROM calls_call c JOIN calls_decision d ON d.call_id = c.id
        WHERE c.id IN (SELECT DISTINCT call_id FROM fresh) AND d.outcome = 'fund' AND d.freed_at IS NULL
        GROUP BY c.id HAVING sum(d.amount_fen) > c.budget_fen LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'headwater_overspent: call % decided % of %', broken.code, broken.spent, broken.budget_fen
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER decision_budget_insert AFTER INSERT ON calls_decision REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION calls_within_budget();
CREATE TRIGGER decision_budget_update AFTER UPDATE ON calls_decision REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION calls_within_budget();
CREATE FUNCTION calls_budget_not_below() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.budget_fen < (SELECT coalesce(sum(d.amount_fen), 0) FROM calls_decision d WHERE d.call_id = NEW.id AND d.outcome = 'fund' AND d.freed_at IS NULL) THEN
        RAISE EXCEPTION 'headwater_overspent: budget of call % is below what is decided', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_budget_not_below BEFORE UPDATE OF budget_fen ON calls_call FOR EACH ROW EXECUTE FUNCTION calls_budget_not_below();
"""
NO_BUDGET = """
DROP TRIGGER call_budget_not_below ON calls_call;
DROP FUNCTION calls_budget_not_below();
DROP TRIGGER decision_budget_update ON calls_decision;
DROP TRIGGER decision_budget_insert ON calls_decision;
DROP FUNCTION calls_within_budget();
"""

# One function gives an application's content, one its digest, one what stands beside it.
CONTENT = """
CREATE FUNCTION calls_content(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(a.answers || jsonb_build_object(
        'title_zh', a.title_zh, 'title_en', a.title_en, 'abstract_zh', a.abstract_zh, 'abstract_en', a.abstract_en,
        'keywords_zh', a.keywords_zh, 'keywords_en', a.keywords_en, 'research_class', a.research_class,
        'priority_field', a.priority_field, 'topic', a.topic, 'amount_fen', a.amount_fen, 'months', a.months,
        'starts_on', a.starts_on, 'flags', a.flags, 'unsuitable', a.unsuitable,
        'discipline', (SELECT code FROM registry_discipline d WHERE d.id = a.discipline_id)))
    FROM calls_application a WHERE a.id = wanted
$$;
CREATE FUNCTION calls_digest(content jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_strip_nulls(content)::text, 'UTF8')), 'hex')
$$;
CREATE FUNCTION calls_beside(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'members', (SELECT coalesce(jsonb_agg(p.name_zh || '（' || o.name_zh || '）' ORDER BY m.id), '[]') FROM calls_participant m
            JOIN registry_person p ON p.id = m.person_id JOIN registry_organisation o ON o.id = m.organisation_id
            WHERE m.application_id = wanted),
        'files', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'name', f.name, 'sha256', f.sha256) ORDER BY t.id), '[]')
            FROM calls_attachment t JOIN core_storedfile f ON f.id = t.file_id WHERE t.application_id = wanted))
$$;
"""
NO_CONTENT = "DROP FUNCTION calls_beside(bigint); DROP FUNCTION calls_digest(jsonb); DROP FUNCTION calls_content(bigint);"

# Words that were signed, and answers of rules, are kept once, under their digest, and never change.
WORDS = """
ALTER TABLE calls_documenttext ADD CONSTRAINT document_text_digest CHECK (
    digest = encode(sha256(convert_to(title_zh || chr(31) || title_en || chr(31) || text_zh || chr(31) || text_en, 'UTF8')), 'hex'));
CREATE FUNCTION calls_words_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'headwater_words_stay: words that were signed are never changed or deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER document_text_stays BEFORE UPDATE OR DELETE ON calls_documenttext FOR EACH ROW EXECUTE FUNCTION calls_words_stay();

ALTER TABLE calls_ruleresult ADD CONSTRAINT rule_result_digest CHECK (
    digest = encode(substr(sha256(convert_to(text, 'UTF8')), 1, 16), 'hex')::uuid);
CREATE TRIGGER rule_result_stays BEFORE UPDATE OR DELETE ON calls_ruleresult FOR EACH ROW EXECUTE FUNCTION core_append_only();
"""
NO_WORDS = """
DROP TRIGGER rule_result_stays ON calls_ruleresult;
ALTER TABLE calls_ruleresult DROP CONSTRAINT rule_result_digest;
DROP TRIGGER document_text_stays ON calls_documenttext;
DROP FUNCTION calls_words_stay();
ALTER TABLE calls_documenttext DROP CONSTRAINT document_text_digest;
"""

# The limit of one live application a year counts persons, whichever of their records applied.
LEADER = """
CREATE FUNCTION calls_leader_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The lock waits for a merge under way, and a merge for it: none can miss the other's row.
    SELECT coalesce(merged_into_id, id) INTO NEW.leader_of_record_id FROM registry_person WHERE id = NEW.leader_id FOR SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER application_leader_of_record BEFORE INSERT OR UPDATE OF leader_id, leader_of_record_id ON calls_application
    FOR EACH ROW EXECUTE FUNCTION calls_leader_of_record();

CREATE FUNCTION calls_merged_leader() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calls_application SET leader_of_record_id = coalesce(NEW.merged_into_id, NEW.id) WHERE leader_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER person_merged_leader AFTER UPDATE OF merged_into_id ON registry_person FOR EACH ROW
    WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id) EXECUTE FUNCTION calls_merged_leader();
"""
NO_LEADER = """
DROP TRIGGER person_merged_leader ON registry_person;
DROP FUNCTION calls_merged_leader();
DROP TRIGGER application_leader_of_record ON calls_application;
DROP FUNCTION calls_leader_of_record();
"""


class Migration(migrations.Migration):
    replaces = [
        ("calls", "0002_guards"),
        ("calls", "0005_number_sequences"),
        ("calls", "0020_leader_of_record"),
        ("calls", "0022_numbers_by_the_owner"),
    ]
    dependencies = [("calls", "0003_decisions")]
    operations = [
        migrations.RunSQL(NUMBERS, NO_NUMBERS),
        migrations.RunSQL(BUDGET, NO_BUDGET),
        migrations.RunSQL(CONTENT, NO_CONTENT),
        migrations.RunSQL(WORDS, NO_WORDS),
        migrations.RunSQL(LEADER, NO_LEADER),
    ]
