"""What the database itself keeps of rounds: a sheet stays as it was frozen, a settled grade never changes, a self-report has its own call."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION evaluations_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.call_id, NEW.register, NEW.subject_kind, NEW.kinds, NEW.since, NEW.until, NEW.sheet, NEW.digest, NEW.group_by, NEW.notice_kind)
        IS DISTINCT FROM
        (OLD.call_id, OLD.register, OLD.subject_kind, OLD.kinds, OLD.since, OLD.until, OLD.sheet, OLD.digest, OLD.group_by, OLD.notice_kind)
    THEN
        RAISE EXCEPTION 'round %: what it is judged by was frozen when it was opened', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
        RAISE EXCEPTION 'round % is closed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION evaluations_grade_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'grade % stays', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('final', 'struck', 'discarded') AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'grade % is settled', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.draft_id, NEW.entrant_id, NEW.grade, NEW.why, NEW.rank, NEW.passed_over, NEW.total, NEW.heads, NEW.lines, NEW.vetoes, NEW.again)
        IS DISTINCT FROM
        (OLD.draft_id, OLD.entrant_id, OLD.grade, OLD.why, OLD.rank, OLD.passed_over, OLD.total, OLD.heads, OLD.lines, OLD.vetoes, OLD.again)
    THEN
        RAISE EXCEPTION 'grade %: a draft is frozen', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION evaluations_entrant_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.application_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM calls_application a JOIN evaluations_round r ON r.call_id = a.call_id
        WHERE a.id = NEW.application_id AND r.id = NEW.round_id) THEN
        RAISE EXCEPTION 'entrant %: its self-report belongs to another call', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.application_id IS NOT NULL AND NEW.application_id IS DISTINCT FROM OLD.application_id THEN
        RAISE EXCEPTION 'entrant % has its self-report', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM evaluations_round r WHERE r.id = NEW.round_id AND r.subject_kind = NEW.subject_kind
        AND NEW.kind = ANY(r.kinds)) THEN
        RAISE EXCEPTION 'entrant %: its kind is not evaluated in this round', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER round_stays BEFORE UPDATE ON evaluations_round FOR EACH ROW EXECUTE FUNCTION evaluations_round_stays();
CREATE TRIGGER grade_stays BEFORE UPDATE OR DELETE ON evaluations_grade FOR EACH ROW EXECUTE FUNCTION evaluations_grade_stays();
CREATE TRIGGER entrant_fits BEFORE INSERT OR UPDATE ON evaluations_entrant FOR EACH ROW EXECUTE FUNCTION evaluations_entrant_fits();
"""
NO_GUARDS = """
DROP TRIGGER entrant_fits ON evaluations_entrant;
DROP TRIGGER grade_stays ON evaluations_grade;
DROP TRIGGER round_stays ON evaluations_round;
DROP FUNCTION evaluations_entrant_fits();
DROP FUNCTION evaluations_grade_stays();
DROP FUNCTION evaluations_round_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0001_tables"), ("calls", "0009_graded")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
