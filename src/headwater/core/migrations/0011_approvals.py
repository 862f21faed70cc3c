"""Chains of approvals, what the database holds to in them, and numbers by pattern and year."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock

# Who proposed a matter, or has a part in it, never answers; a step is answered in its turn, while the case is open.
ANSWERED = """
CREATE FUNCTION core_approval_answered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found record;
BEGIN
    SELECT c.* INTO found FROM core_approvalcase c WHERE c.id = NEW.case_id FOR UPDATE;
    IF found.state <> 'open' THEN
        RAISE EXCEPTION 'headwater_approval: case % is decided', NEW.case_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.account_id = found.proposed_by_id OR NEW.person_id = ANY(found.people) THEN
        RAISE EXCEPTION 'headwater_approval: account % has a part in case %', NEW.account_id, NEW.case_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM core_approvalstep s WHERE s.id = NEW.step_id AND s.case_id = found.id AND s.place = found.place) THEN
        RAISE EXCEPTION 'headwater_approval: case % does not wait for step %', NEW.case_id, NEW.step_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_answered BEFORE INSERT ON core_approvalanswer FOR EACH ROW EXECUTE FUNCTION core_approval_answered();
"""
NOT_ANSWERED = """
DROP TRIGGER approval_answered ON core_approvalanswer;
DROP FUNCTION core_approval_answered();
"""

# An answer is only ever made void, once; of a step only when it began, is due and was reminded of; a case that is decided stays.
KEPT = """
CREATE FUNCTION core_approval_answer_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.voided_at IS NOT NULL OR to_jsonb(NEW) - 'voided_at' <> to_jsonb(OLD) - 'voided_at' THEN
        RAISE EXCEPTION 'headwater_approval: answer % never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION core_approval_step_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['opened_at', 'due_at', 'reminded_at'] <> to_jsonb(OLD) - ARRAY['opened_at', 'due_at', 'reminded_at'] THEN
        RAISE EXCEPTION 'headwater_approval: step % never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION core_approval_case_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'headwater_approval: case % is decided', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['state', 'place', 'decided_at'] <> to_jsonb(OLD) - ARRAY['state', 'place', 'decided_at'] THEN
        RAISE EXCEPTION 'headwater_approval: what case % is about never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'approved' AND EXISTS (SELECT 1 FROM core_approvalstep s WHERE s.case_id = NEW.id AND s.least >
        (SELECT count(*) FROM core_approvalanswer a WHERE a.step_id = s.id AND a.verdict = 'approve' AND a.voided_at IS NULL)) THEN
        RAISE EXCEPTION 'headwater_approval: case % lacks answers', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_answer_kept BEFORE UPDATE ON core_approvalanswer FOR EACH ROW EXECUTE FUNCTION core_approval_answer_kept();
CREATE TRIGGER approval_step_kept BEFORE UPDATE ON core_approvalstep FOR EACH ROW EXECUTE FUNCTION core_approval_step_kept();
CREATE TRIGGER approval_case_kept BEFORE UPDATE ON core_approvalcase FOR EACH ROW EXECUTE FUNCTION core_approval_case_kept();
CREATE TRIGGER approval_answer_stays BEFORE DELETE ON core_approvalanswer FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER approval_step_stays BEFORE DELETE ON core_approvalstep FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER approval_case_stays BEFORE DELETE ON core_approvalcase FOR EACH ROW EXECUTE FUNCTION core_append_only();
"""
NOT_KEPT = """
DROP TRIGGER approval_case_stays ON core_approvalcase;
DROP TRIGGER approval_step_stays ON core_approvalstep;
DROP TRIGGER approval_answer_stays ON core_approvalanswer;
DROP TRIGGER approval_case_kept ON core_approvalcase;
DROP TRIGGER approval_step_kept ON core_approvalstep;
DROP TRIGGER approval_answer_kept ON core_approvalanswer;
DROP FUNCTION core_approval_case_kept();
DROP FUNCTION core_approval_step_kept();
DROP FUNCTION core_approval_answer_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0010_sounds")]

    operations = [
        migrations.CreateModel(
            name="ApprovalCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.CharField(max_length=40)),
                ("subject_id", models.BigIntegerField()),
                ("title_zh", models.CharField(max_length=300, verbose_name="事项")),
                ("title_en", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "审批中"),
                            ("approved", "已批准"),
                            ("refused", "不予批准"),
                            ("sent_back", "已退回"),
                            ("withdrawn", "已撤回"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(default=1)),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
                ),
                ("content", models.JSONField(default=dict)),
                ("proposed_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="提出时间")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="办结时间")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposed_cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "审批事项",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id"], name="approval_case_subject"),
                    models.Index(condition=models.Q(("state", "open")), fields=["id"], name="approval_case_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("subject_kind", "subject_id"),
                        name="approval_case_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="approval_case_decided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApprovalStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=40)),
                ("role", models.CharField(max_length=40)),
                ("scope", models.CharField(default="all", max_length=80)),
                ("scope_id", models.BigIntegerField(null=True)),
                ("least", models.PositiveSmallIntegerField(default=1)),
                ("due_key", models.CharField(blank=True, max_length=60)),
                ("due_length", models.PositiveSmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True, verbose_name="办理期限")),
                ("reminded_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="core.approvalcase"),
                ),
            ],
            options={
                "verbose_name": "审批步骤",
                "ordering": ["case", "place"],
                "indexes": [models.Index(fields=["role", "scope", "scope_id"], name="approval_step_asked")],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "place"), name="approval_step_place"),
                    models.UniqueConstraint(fields=("case", "code"), name="approval_step_code"),
                    models.CheckConstraint(
                        condition=models.Q(("least__gte", 1), ("place__gte", 1)), name="approval_step_numbers"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scope", "all"), ("scope_id__isnull", True)),
                            models.Q(models.Q(("scope", "all"), _negated=True), ("scope_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="approval_step_scope",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApprovalAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.BigIntegerField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("approve", "批准"), ("refuse", "不批准"), ("send_back", "退回修改")],
                        max_length=10,
                        verbose_name="意见",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="说明")),
                ("seen", models.CharField(max_length=64)),
                ("back_to", models.PositiveSmallIntegerField(null=True)),
                ("answered_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="办理时间")),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="approval_answers", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="core.approvalcase"
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="core.approvalstep"
                    ),
                ),
            ],
            options={
                "verbose_name": "审批意见",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("voided_at__isnull", True)), fields=("case", "account"), name="approval_answer_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("voided_at__isnull", True)),
                        fields=("case", "person_id"),
                        name="approval_answer_one_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict", "approve"), models.Q(("note", ""), _negated=True), _connector="OR"),
                        name="approval_answer_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("back_to__isnull", True),
                            models.Q(("verdict", "send_back"), ("voided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="approval_answer_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("voided_at__isnull", True), ("voided_at__gte", models.F("answered_at")), _connector="OR"
                        ),
                        name="approval_answer_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pattern", models.CharField(max_length=60)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "编号序列",
                "constraints": [models.UniqueConstraint(fields=("pattern", "year"), name="number_series_once")],
            },
        ),
        migrations.RunSQL(ANSWERED, NOT_ANSWERED),
        migrations.RunSQL(KEPT, NOT_KEPT),
    ]
