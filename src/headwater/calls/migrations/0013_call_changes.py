"""Who has written a call is kept with it; a published call may be amended or cancelled by two officers."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock

EDITORS = """UPDATE calls_call c SET edited_by = coalesce((SELECT array_agg(DISTINCT w) FROM (
        SELECT c.drafted_by_id AS w UNION SELECT e.actor_id FROM core_event e
        WHERE e.subject_type = 'calls.call' AND e.subject_id = c.id AND e.command = 'calls.save_call') x
    WHERE w IS NOT NULL AND w IS DISTINCT FROM c.approved_by_id), '{}')"""
"""What was approved before keeps its approval."""


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0012_rule_results_once"),
        ("core", "0002_guards"),
        ("registry", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CallChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("amend", "变更"), ("cancel", "取消")], max_length=8, verbose_name="类型")),
                ("values", models.JSONField(default=dict)),
                ("before", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=1000, verbose_name="理由")),
                ("reason_en", models.CharField(blank=True, max_length=1000, verbose_name="理由（英文）")),
                ("proposed_at", models.DateTimeField(default=headwater.core.clock.now)),
                ("approved_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={"verbose_name": "批次变更", "ordering": ["id"]},
        ),
        migrations.AddField(
            model_name="call",
            name="edited_by",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.RunSQL(EDITORS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="call",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "拟定中"),
                    ("approval", "待核准"),
                    ("published", "已发布"),
                    ("finished", "已办结"),
                    ("cancelled", "已取消"),
                ],
                default="draft",
                max_length=12,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("edited_by__contains", [models.F("approved_by")]), _negated=True),
                    _connector="OR",
                ),
                name="call_approved_by_no_editor",
            ),
        ),
        migrations.AddField(
            model_name="callchange",
            name="approved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="callchange",
            name="call",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="calls.call"),
        ),
        migrations.AddField(
            model_name="callchange",
            name="proposed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="callchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved_at__isnull", True), ("dropped_at__isnull", True)),
                fields=("call",),
                name="call_change_one_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="callchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved_at__isnull", True), ("dropped_at__isnull", True), _connector="OR"),
                name="call_change_one_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="callchange",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="call_change_reason"),
        ),
        migrations.AddConstraint(
            model_name="callchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    ("proposed_by__isnull", True),
                    models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="call_change_two_officers",
            ),
        ),
    ]
