"""Second persons for objections and re-checks, replies of applicants, corrected words of letters, and money that goes back to the call."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SPENT = "d.outcome = 'fund' AND d.freed_at IS NULL"
FUNCTIONS = """
CREATE OR REPLACE FUNCTION calls_within_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE broken record;
BEGIN
    -- Two decisions on one call wait for each other here, so that neither misses the other's money.
    PERFORM 1 FROM calls_call WHERE id IN (SELECT DISTINCT call_id FROM fresh) ORDER BY id FOR UPDATE;
    SELECT c.code, c.budget_fen, sum(d.amount_fen) AS spent INTO broken FROM calls_call c JOIN calls_decision d ON d.call_id = c.id
        WHERE c.id IN (SELECT DISTINCT call_id FROM fresh) AND (SPENT)
        GROUP BY c.id HAVING sum(d.amount_fen) > c.budget_fen LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'headwater_overspent: call % decided % of %', broken.code, broken.spent, broken.budget_fen
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION calls_budget_not_below() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.budget_fen < (SELECT coalesce(sum(d.amount_fen), 0) FROM calls_decision d WHERE d.call_id = NEW.id AND (SPENT)) THEN
        RAISE EXCEPTION 'headwater_overspent: budget of call % is below what is decided', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


# Awards that lapsed before this are given back as well; the later app does not exist yet while a new database is built.
FREE_LAPSED = """
DO $$ BEGIN
    IF to_regclass('awards_award') IS NOT NULL THEN
        UPDATE calls_decision d SET freed_at = now() FROM awards_award w WHERE w.application_id = d.application_id AND w.state = 'lapsed';
    END IF;
END $$;
"""
# One person alone upheld it before: the system stands for the second, and the time is that of the answer.
SETTLE_OLD = "UPDATE calls_objection SET settled_at = answered_at WHERE state = 'upheld'"


def account() -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0017_departures_are_said"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("decision", "freed_at", models.DateTimeField(null=True, verbose_name="经费退回批次预算的时间")),
        migrations.AddField("decision", "letter_words", models.TextField(blank=True, default="", verbose_name="通知书用语（更正）"), False),
        migrations.AddField("formalcheck", "recheck_answered_by", account()),
        migrations.AddField("objection", "reply", models.TextField(blank=True, default="", verbose_name="申请人的陈述"), False),
        migrations.AddField("objection", "reply_by", models.DateTimeField(null=True, verbose_name="申请人陈述截止")),
        migrations.AddField("objection", "replied_at", models.DateTimeField(null=True)),
        migrations.AddField("objection", "settled_at", models.DateTimeField(null=True)),
        migrations.AddField("objection", "settled_by", account()),
        migrations.AlterField(
            "objection",
            "state",
            models.CharField(
                choices=[
                    ("open", "处理中"),
                    ("proposed", "拟认定成立，待核定"),
                    ("upheld", "异议成立"),
                    ("dismissed", "异议不成立"),
                ],
                default="open",
                max_length=10,
            ),
        ),
        migrations.RunSQL(FUNCTIONS.replace("(SPENT)", SPENT), FUNCTIONS.replace("(SPENT)", "d.outcome = 'fund'")),
        migrations.RunSQL(FREE_LAPSED, migrations.RunSQL.noop),
        migrations.RunSQL(SETTLE_OLD, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "formalcheck",
            models.CheckConstraint(
                name="recheck_by_another",
                condition=models.Q(recheck_answered_by__isnull=True)
                | models.Q(decided_by__isnull=True)
                | ~models.Q(recheck_answered_by=models.F("decided_by")),
            ),
        ),
        migrations.AddConstraint(
            "objection",
            models.CheckConstraint(
                name="objection_two_people",
                condition=models.Q(settled_by__isnull=True)
                | models.Q(answered_by__isnull=True)
                | ~models.Q(settled_by=models.F("answered_by")),
            ),
        ),
        migrations.AddConstraint(
            "objection",
            models.CheckConstraint(
                name="objection_upheld_is_settled", condition=~models.Q(state="upheld") | models.Q(settled_at__isnull=False)
            ),
        ),
    ]
