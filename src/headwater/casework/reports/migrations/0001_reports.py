"""Reports, and which reminders went out about those that are owed."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from headwater.core.clock import now
from headwater.core.tables import CreateModels

STATES = [("draft", "填写中"), ("host", "单位审核"), ("office", "主管部门审核"), ("accepted", "审核通过"), ("returned", "已退回")]
SET_NULL = django.db.models.deletion.SET_NULL
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    initial = True
    dependencies = [("forms", "0003_forms_as_they_were"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Told",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("kind", models.CharField(max_length=40)),
                    ("since", models.DateField()),
                    ("what", models.CharField(max_length=80)),
                    ("at", models.DateTimeField(default=now)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("subject_kind", "subject_id", "kind", "since", "what"), name="told_once")
                    ]
                },
            ),
            migrations.CreateModel(
                name="Report",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("kind", models.CharField(max_length=40, verbose_name="报告")),
                    ("since", models.DateField(verbose_name="报告期起")),
                    ("until", models.DateField(verbose_name="报告期止")),
                    ("period", models.CharField(max_length=10, verbose_name="报告期")),
                    ("state", models.CharField(choices=STATES, default="draft", max_length=10, verbose_name="状态")),
                    ("due_on", models.DateField(verbose_name="报送期限")),
                    ("started_at", models.DateTimeField(default=now, verbose_name="开始填写")),
                    ("submitted_at", models.DateTimeField(null=True, verbose_name="提交时间")),
                    ("accepted_at", models.DateTimeField(null=True, verbose_name="通过时间")),
                    ("returned_at", models.DateTimeField(null=True, verbose_name="退回时间")),
                    ("note", models.TextField(blank=True, verbose_name="退回理由")),
                    ("given", models.JSONField(default=dict)),
                    ("self_reported", ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                    ("replaced", models.JSONField(default=dict)),
                    ("form", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="forms.formtext")),
                    (
                        "started_by",
                        models.ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "submitted_by",
                        models.ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "定期报告",
                    "ordering": ["-since", "-id"],
                    "indexes": [models.Index(fields=["kind", "state", "since"], name="report_kind_state")],
                    "constraints": [
                        models.UniqueConstraint(fields=("subject_kind", "subject_id", "kind", "since"), name="report_once"),
                        models.CheckConstraint(condition=models.Q(("until__gte", models.F("since"))), name="report_period"),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("accepted_at__isnull", False), ("state", "accepted")),
                                models.Q(models.Q(("state", "accepted"), _negated=True), ("accepted_at__isnull", True)),
                                _connector="OR",
                            ),
                            name="report_accepted",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("state", "draft"),
                                models.Q(("form__isnull", False), ("submitted_at__isnull", False)),
                                _connector="OR",
                            ),
                            name="report_submitted",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("state", "returned"), _negated=True),
                                models.Q(("note", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="report_returned",
                        ),
                    ],
                },
            ),
        )
    ]
