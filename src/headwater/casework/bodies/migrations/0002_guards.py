"""Who may not vote on an item cannot: who stands back from it, is not there, or keeps the papers. A secret ballot keeps no choice."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION bodies_ballot_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kind text; seat text; here boolean;
BEGIN
    SELECT i.ballot, m.post, a.present INTO kind, seat, here FROM bodies_sittingitem i
        JOIN bodies_bodymember m ON m.id = NEW.member_id
        LEFT JOIN bodies_attendance a ON a.sitting_id = i.sitting_id AND a.member_id = m.id WHERE i.id = NEW.item_id;
    IF EXISTS (SELECT 1 FROM bodies_recusal r WHERE r.item_id = NEW.item_id AND r.member_id = NEW.member_id) THEN
        RAISE EXCEPTION 'headwater_recused: member % stands back from item %', NEW.member_id, NEW.item_id USING ERRCODE = 'check_violation';
    END IF;
    IF here IS NOT TRUE OR seat = 'secretary' OR kind = 'none' OR (kind = 'secret') <> (NEW.choice = '') THEN
        RAISE EXCEPTION 'headwater_ballot: member % may not vote on item % so', NEW.member_id, NEW.item_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER body_ballot_allowed BEFORE INSERT OR UPDATE ON bodies_ballot FOR EACH ROW EXECUTE FUNCTION bodies_ballot_allowed();

CREATE FUNCTION bodies_recusal_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM bodies_ballot b WHERE b.item_id = NEW.item_id AND b.member_id = NEW.member_id) THEN
        RAISE EXCEPTION 'headwater_voted: member % has voted on item %', NEW.member_id, NEW.item_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recusal_in_time BEFORE INSERT ON bodies_recusal FOR EACH ROW EXECUTE FUNCTION bodies_recusal_in_time();

CREATE FUNCTION bodies_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.result <> '' AND (NEW.result, NEW.yes, NEW.no, NEW.abstain, NEW.ballot, NEW.title, NEW.sitting_id)
            IS DISTINCT FROM (OLD.result, OLD.yes, OLD.no, OLD.abstain, OLD.ballot, OLD.title, OLD.sitting_id) THEN
        RAISE EXCEPTION 'headwater_settled: item % has its result', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sitting_item_stays BEFORE UPDATE ON bodies_sittingitem FOR EACH ROW EXECUTE FUNCTION bodies_item_stays();
"""
BACKWARD = """
DROP TRIGGER sitting_item_stays ON bodies_sittingitem;
DROP FUNCTION bodies_item_stays();
DROP TRIGGER recusal_in_time ON bodies_recusal;
DROP FUNCTION bodies_recusal_in_time();
DROP TRIGGER body_ballot_allowed ON bodies_ballot;
DROP FUNCTION bodies_ballot_allowed();
"""


class Migration(migrations.Migration):
    dependencies = [("bodies", "0001_tables")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
