"""Kinds of registers, what waits for approval, what succeeded what."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="KindVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=40)),
                ("register", models.CharField(max_length=40)),
                ("version", models.IntegerField()),
                ("name_zh", models.CharField(max_length=120, verbose_name="名称")),
                ("name_en", models.CharField(max_length=160)),
                ("definition", models.JSONField()),
                ("states", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("loaded_at", models.DateTimeField(default=headwater.core.clock.now)),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name": "登记种类",
                "ordering": ["code", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("region", "code", "version"), name="kind_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("region", "code"), name="kind_version_current"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Succession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.CharField(max_length=40)),
                ("before_id", models.BigIntegerField()),
                ("after_id", models.BigIntegerField()),
                (
                    "how",
                    models.CharField(
                        choices=[("renamed", "更名重组"), ("merged", "合并"), ("split", "分立")],
                        max_length=8,
                        verbose_name="方式",
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
            ],
            options={
                "verbose_name": "承继关系",
                "ordering": ["on", "id"],
                "indexes": [models.Index(fields=["subject_kind", "after_id"], name="succession_after")],
                "constraints": [
                    models.UniqueConstraint(fields=("subject_kind", "before_id", "after_id"), name="succession_once"),
                    models.CheckConstraint(
                        condition=models.Q(("before_id", models.F("after_id")), _negated=True), name="succession_of_another"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.CharField(max_length=40)),
                ("subject_id", models.BigIntegerField()),
                ("register", models.CharField(max_length=40)),
                ("verb", models.CharField(max_length=40, verbose_name="办理事项")),
                ("values", models.JSONField(default=dict, verbose_name="填写内容")),
                ("reason", models.TextField(verbose_name="理由")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "审批中"),
                            ("published", "公示中"),
                            ("approved", "已同意"),
                            ("refused", "不同意"),
                            ("sent_back", "已退回"),
                            ("withdrawn", "已撤回"),
                            ("struck", "异议成立，不予办理"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("proposed_at", models.DateTimeField(default=headwater.core.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registers.kindversion"),
                ),
            ],
            options={
                "verbose_name": "登记事项审批",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["subject_kind", "subject_id"], name="proposal_subject")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("proposed", "published"))),
                        fields=("subject_kind", "subject_id"),
                        name="proposal_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state__in", ("proposed", "published"))),
                            models.Q(
                                models.Q(("state__in", ("proposed", "published")), _negated=True), ("ended_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="proposal_ended",
                    ),
                ],
            },
        ),
    ]
