"""What the database keeps of works: one form of a title, one step of merging, claims that divide a work and give no more than it."""

import django.db.models.functions.comparison
from django.db import migrations, models
from django.db.models import F, Q

# A title without case, marks, blanks and punctuation, in whichever language.
TITLE_KEY = r"""
CREATE FUNCTION registry_title_key(title text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(lower(regexp_replace(normalize(title, NFKD),
        E'[\\s!-/:-@\\[-`{-~\u00a0-\u00bf\u0300-\u036f\u00ad\u180b-\u180f\u2000-\u206f\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u30fb\ufeff]+',
        '', 'g')), 'АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯӨҮҺҚҒҢӘІЇЄ', 'абвгдежзиклмнопрстуфхцчшщъыьэюяөүһқғңәіїє')
$$;
CREATE INDEX work_title_zh_key ON registry_work (registry_title_key(title_zh));
CREATE INDEX work_title_en_key ON registry_work (registry_title_key(title_en));
"""
NO_TITLE_KEY = "DROP INDEX work_title_zh_key; DROP INDEX work_title_en_key; DROP FUNCTION registry_title_key(text)"

ONE_STEP = """
CREATE FUNCTION registry_work_merge_is_one_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE onwards bigint;
BEGIN
    -- Whoever merges the survivor away at the same time waits here, or makes this wait.
    SELECT merged_into_id INTO onwards FROM registry_work WHERE id = NEW.merged_into_id FOR NO KEY UPDATE;
    IF onwards IS NOT NULL THEN
        RAISE EXCEPTION 'headwater_works: work % is itself merged into %', NEW.merged_into_id, onwards USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM registry_work WHERE merged_into_id = NEW.id) THEN
        RAISE EXCEPTION 'headwater_works: other works are merged into work %', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER work_merge_is_one_step BEFORE INSERT OR UPDATE OF merged_into_id ON registry_work FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION registry_work_merge_is_one_step();
"""
NO_ONE_STEP = """
DROP TRIGGER work_merge_is_one_step ON registry_work;
DROP FUNCTION registry_work_merge_is_one_step();
"""

# At the end of a transaction: all records of one work together have each claimant once, shares that sum to at most 1 among those
# that divide it, and no more claimants than the fewest that any of them allows. The lock makes two that claim at once wait for each other.
CLAIMS_FIT = """
CREATE FUNCTION registry_claims_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE one bigint; root bigint; line record;
BEGIN
    one := CASE TG_TABLE_NAME WHEN 'registry_work' THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'work_id')::bigint END;
    SELECT coalesce(merged_into_id, id) INTO root FROM registry_work WHERE id = one;
    PERFORM 1 FROM registry_work WHERE id = root FOR NO KEY UPDATE;
    FOR line IN SELECT c.credit, sum(c.share) AS shares, count(*) AS claims, min(c.most) AS most,
            count(DISTINCT (c.subject_type, c.subject_id)) AS subjects
        FROM registry_workclaim c JOIN registry_work w ON w.id = c.work_id
        WHERE (w.id = root OR w.merged_into_id = root) AND c.state IN ('claimed', 'accepted') GROUP BY c.credit
    LOOP
        IF line.shares > 1 THEN
            RAISE EXCEPTION 'headwater_claims: shares of % in work % sum to %', line.credit, root, line.shares
                USING ERRCODE = 'check_violation';
        END IF;
        IF line.claims > line.most OR line.claims > line.subjects THEN
            RAISE EXCEPTION 'headwater_claims: % claims of % by % claimants on work %, at most %', line.claims, line.credit,
                line.subjects, root, line.most USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER claims_fit AFTER INSERT OR UPDATE ON registry_workclaim DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('claimed', 'accepted')) EXECUTE FUNCTION registry_claims_fit();
CREATE CONSTRAINT TRIGGER merged_claims_fit AFTER UPDATE OF merged_into_id ON registry_work DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION registry_claims_fit();
"""
NO_CLAIMS_FIT = """
DROP TRIGGER claims_fit ON registry_workclaim;
DROP TRIGGER merged_claims_fit ON registry_work;
DROP FUNCTION registry_claims_fit();
"""
ISSUED = "^(1[5-9]|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
YEAR = django.db.models.functions.comparison.Cast("year", models.TextField())


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_works_filled")]
    operations = [
        migrations.RemoveField("work", "doi"),
        migrations.AlterField("work", "kind", models.CharField("类别", max_length=20)),
        migrations.AddIndex("work", models.Index(fields=["-issued", "-id"], name="work_issued")),
        migrations.AddIndex("work", models.Index(fields=["kind", "year"], name="work_kind")),
        *(
            migrations.AddConstraint("work", models.CheckConstraint(name=name, condition=condition))
            for name, condition in (
                ("work_title", ~Q(title_zh="") | ~Q(title_en="")),
                ("work_issued_form", Q(issued="") | Q(issued__regex=ISSUED)),
                ("work_year", Q(issued="", year__isnull=True) | Q(issued__startswith=YEAR)),
                ("work_revision", Q(revision__gte=1)),
                (
                    "work_merge_reason",
                    Q(merged_into__isnull=True, merge_reason="") | (Q(merged_into__isnull=False) & ~Q(merge_reason="")),
                ),
                ("work_not_merged_into_itself", Q(merged_into__isnull=True) | ~Q(merged_into=F("pk"))),
            )
        ),
        migrations.AddConstraint(
            "workidentifier", models.UniqueConstraint(fields=("scheme", "value"), name="work_identifier_once")
        ),
        migrations.AddConstraint(
            "workauthor",
            models.UniqueConstraint(
                deferrable=models.Deferrable["DEFERRED"], fields=("work", "position"), name="work_author_order"
            ),
        ),
        migrations.AddConstraint(
            "workauthor",
            models.UniqueConstraint(condition=Q(person__isnull=False), fields=("work", "person"), name="work_author_once"),
        ),
        migrations.AddConstraint("workauthor", models.CheckConstraint(condition=Q(position__gte=1), name="work_author_position")),
        migrations.AddConstraint("workauthor", models.CheckConstraint(condition=~Q(name=""), name="work_author_name")),
        migrations.AddIndex(
            "workclaim", models.Index(fields=["subject_type", "subject_id", "counts_on"], name="work_claim_subject")
        ),
        migrations.AddConstraint(
            "workclaim",
            models.UniqueConstraint(
                condition=Q(state__in=["claimed", "accepted"]),
                fields=("work", "subject_type", "subject_id"),
                name="work_claim_once",
            ),
        ),
        *(
            migrations.AddConstraint("workclaim", models.CheckConstraint(name=name, condition=condition))
            for name, condition in (
                ("work_claim_share", Q(share__isnull=True) | Q(share__gt=0, share__lte=1)),
                ("work_claim_divided", Q(most__isnull=True) | Q(most__gte=1, share__isnull=False)),
                ("work_claim_answered", ~Q(state__in=["accepted", "refused"]) | Q(answered_at__isnull=False)),
                ("work_claim_reasoned", ~Q(state__in=["refused", "withdrawn"]) | ~Q(reason="")),
                ("work_claim_by_two", Q(answered_by__isnull=True) | Q(claimed_by__isnull=True) | ~Q(answered_by=F("claimed_by"))),
            )
        ),
        migrations.RunSQL(TITLE_KEY, NO_TITLE_KEY),
        migrations.RunSQL(ONE_STEP, NO_ONE_STEP),
        migrations.RunSQL(CLAIMS_FIT, NO_CLAIMS_FIT),
    ]
