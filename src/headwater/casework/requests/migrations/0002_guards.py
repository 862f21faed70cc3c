"""What was submitted stays as it is while others judge it, what was decided for good; what somebody said never changes."""

from django.db import migrations

KEPT = """
CREATE FUNCTION requests_request_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := CASE
    WHEN OLD.state IN ('draft', 'sent_back') THEN ARRAY['state', 'number', 'answers', 'reason', 'effective_on', 'submitted_at', 'decided_at']
    WHEN OLD.state = 'open' THEN ARRAY['state', 'effective_on', 'decided_at', 'applied_at', 'trouble', 'replaced']
    WHEN OLD.state = 'approved' AND OLD.applied_at IS NULL THEN ARRAY['applied_at', 'trouble', 'replaced']
    ELSE ARRAY[]::text[] END;
BEGIN
    IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free OR (OLD.number <> '' AND NEW.number <> OLD.number) THEN
        RAISE EXCEPTION 'headwater_request: request % is %, and what was written stays', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER request_kept BEFORE UPDATE ON requests_request FOR EACH ROW EXECUTE FUNCTION requests_request_kept();
CREATE TRIGGER request_stays BEFORE DELETE ON requests_request FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER kind_version_kept BEFORE UPDATE OR DELETE ON requests_kindversion FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER comment_kept BEFORE UPDATE OR DELETE ON requests_comment FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE FUNCTION requests_file_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR OLD.comment_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM requests_request r WHERE r.id = OLD.request_id AND r.state NOT IN ('draft', 'sent_back')) THEN
        RAISE EXCEPTION 'headwater_request: file % was submitted', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER request_file_kept BEFORE UPDATE OR DELETE ON requests_requestfile FOR EACH ROW EXECUTE FUNCTION requests_file_kept();
"""
NOT_KEPT = """
DROP TRIGGER request_file_kept ON requests_requestfile;
DROP FUNCTION requests_file_kept();
DROP TRIGGER comment_kept ON requests_comment;
DROP TRIGGER kind_version_kept ON requests_kindversion;
DROP TRIGGER request_stays ON requests_request;
DROP TRIGGER request_kept ON requests_request;
DROP FUNCTION requests_request_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_tables"), ("core", "0011_approvals")]
    operations = [migrations.RunSQL(KEPT, NOT_KEPT)]
