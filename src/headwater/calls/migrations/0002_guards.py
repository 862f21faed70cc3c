"""Application numbers without gaps, letter numbers, and the call's budget kept by the database."""

from django.db import migrations

FORWARD = """
CREATE TABLE calls_counter (series varchar(40) PRIMARY KEY, last integer NOT NULL);
CREATE SEQUENCE calls_letter_number;
CREATE FUNCTION calls_within_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE broken record;
BEGIN
    -- Two decisions on one call wait for each other here, so that neither misses the other's money.
    PERFORM 1 FROM calls_call WHERE id IN (SELECT DISTINCT call_id FROM fresh) ORDER BY id FOR UPDATE;
    SELECT c.code, c.budget_fen, sum(d.amount_fen) AS spent INTO broken FROM calls_call c JOIN calls_decision d ON d.call_id = c.id
        WHERE c.id IN (SELECT DISTINCT call_id FROM fresh) AND d.outcome = 'fund'
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
    IF NEW.budget_fen < (SELECT coalesce(sum(amount_fen), 0) FROM calls_decision WHERE call_id = NEW.id AND outcome = 'fund') THEN
        RAISE EXCEPTION 'headwater_overspent: budget of call % is below what is decided', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_budget_not_below BEFORE UPDATE OF budget_fen ON calls_call FOR EACH ROW EXECUTE FUNCTION calls_budget_not_below();
"""
BACKWARD = """
DROP TRIGGER call_budget_not_below ON calls_call;
DROP FUNCTION calls_budget_not_below();
DROP TRIGGER decision_budget_update ON calls_decision;
DROP TRIGGER decision_budget_insert ON calls_decision;
DROP FUNCTION calls_within_budget();
DROP SEQUENCE calls_letter_number;
DROP TABLE calls_counter;
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
