"""A pair with a conflict of interest can never hold an active assignment, and a recused member can never vote.

Both sides lock the application's row first, so that a conflict and an assignment of one pair cannot pass each other.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION review_no_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    PERFORM 1 FROM calls_application WHERE id IN (SELECT DISTINCT application_id FROM fresh
        WHERE state NOT IN ('declined', 'expired', 'released')) ORDER BY id FOR NO KEY UPDATE;
    SELECT c.application_id, c.expert_id, c.kind INTO bad FROM fresh f
        JOIN review_conflict c ON c.application_id = f.application_id AND c.expert_id = f.expert_id
        WHERE f.state NOT IN ('declined', 'expired', 'released') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'headwater_conflict: expert % may not review application % (%)', bad.expert_id, bad.application_id, bad.kind
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER assignment_no_conflict AFTER INSERT ON review_assignment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION review_no_conflict();
-- An assignment that was active before was checked then, and a conflict found since has released it.
CREATE FUNCTION review_no_revived_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found_kind text;
BEGIN
    PERFORM 1 FROM calls_application WHERE id = NEW.application_id FOR NO KEY UPDATE;
    SELECT kind INTO found_kind FROM review_conflict WHERE application_id = NEW.application_id AND expert_id = NEW.expert_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'headwater_conflict: expert % may not review application % (%)', NEW.expert_id, NEW.application_id, found_kind
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_no_revived_conflict BEFORE UPDATE OF application_id, expert_id, state ON review_assignment FOR EACH ROW
    WHEN (NEW.state NOT IN ('declined', 'expired', 'released') AND (OLD.state IN ('declined', 'expired', 'released')
        OR OLD.application_id <> NEW.application_id OR OLD.expert_id <> NEW.expert_id))
    EXECUTE FUNCTION review_no_revived_conflict();

CREATE FUNCTION review_conflict_frees_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM calls_application WHERE id IN (SELECT DISTINCT application_id FROM fresh) ORDER BY id FOR NO KEY UPDATE;
    -- A conflict that comes to light ends what is still open of the pair; a submitted opinion is kept, but does not count.
    UPDATE review_assignment a SET state = 'released', answered_at = now(), decline_reason = 'conflict: ' || f.kind
        FROM fresh f WHERE f.application_id = a.application_id AND f.expert_id = a.expert_id
            AND a.state IN ('proposed', 'invited', 'accepted', 'submitted');
    UPDATE review_opinion o SET submitted_at = NULL FROM review_assignment a, fresh f
        WHERE o.assignment_id = a.id AND f.application_id = a.application_id AND f.expert_id = a.expert_id AND o.submitted_at IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER conflict_frees_pair AFTER INSERT ON review_conflict REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION review_conflict_frees_pair();

CREATE FUNCTION review_no_recused_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM review_panelitem i JOIN review_panelmember m ON m.id = NEW.member_id
            JOIN review_conflict c ON c.application_id = i.application_id AND c.expert_id = m.expert_id WHERE i.id = NEW.item_id) THEN
        RAISE EXCEPTION 'headwater_recused: member % is recused from item %', NEW.member_id, NEW.item_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ballot_no_recused BEFORE INSERT OR UPDATE ON review_ballotcast FOR EACH ROW EXECUTE FUNCTION review_no_recused_ballot();
"""
BACKWARD = """
DROP TRIGGER ballot_no_recused ON review_ballotcast;
DROP FUNCTION review_no_recused_ballot();
DROP TRIGGER conflict_frees_pair ON review_conflict;
DROP FUNCTION review_conflict_frees_pair();
DROP TRIGGER assignment_no_revived_conflict ON review_assignment;
DROP FUNCTION review_no_revived_conflict();
DROP TRIGGER assignment_no_conflict ON review_assignment;
DROP FUNCTION review_no_conflict();
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0001_tables")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
