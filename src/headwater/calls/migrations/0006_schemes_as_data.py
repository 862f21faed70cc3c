"""Calls carry their guide topics, their own parameters and their stage; an application names its topic."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0005_number_sequences"),
        ("registry", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="call", name="call_budget_positive"),
        migrations.AddField(
            model_name="application", name="topic", field=models.CharField(blank=True, max_length=20, verbose_name="指南方向")
        ),
        migrations.AddField(
            model_name="call",
            name="cloned_from",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="calls.call"
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="outline",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="full_calls",
                to="calls.call",
                verbose_name="预申报批次",
            ),
        ),
        migrations.AddField(
            model_name="call", name="overrides", field=models.JSONField(blank=True, default=dict, verbose_name="本批次参数")
        ),
        migrations.AddField(
            model_name="call",
            name="stage",
            field=models.CharField(
                blank=True,
                choices=[("", "一次申报"), ("outline", "预申报"), ("full", "正式申报")],
                default="",
                max_length=8,
                verbose_name="阶段",
            ),
        ),
        migrations.AddField(
            model_name="call", name="topics", field=models.JSONField(blank=True, default=list, verbose_name="指南方向")
        ),
        migrations.AlterField(
            model_name="application",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "填报中"),
                    ("host_review", "单位审核"),
                    ("recommending", "归口推荐"),
                    ("received", "形式审查"),
                    ("not_accepted", "不予受理"),
                    ("recheck", "复审中"),
                    ("accepted", "已受理"),
                    ("invited", "邀请正式申报"),
                    ("in_review", "通讯评审"),
                    ("reviewed", "评审完成"),
                    ("panel", "会议评审"),
                    ("proposed", "拟立项"),
                    ("not_proposed", "拟不资助"),
                    ("publicity", "公示中"),
                    ("objection", "异议处理"),
                    ("approved", "已立项"),
                    ("rejected", "不予资助"),
                    ("withdrawn", "已撤回"),
                    ("expired", "逾期未报"),
                ],
                default="draft",
                max_length=14,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(condition=models.Q(("budget_fen__gte", 0)), name="call_budget_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outline__isnull", False), ("stage", "full")),
                    models.Q(models.Q(("stage", "full"), _negated=True), ("outline__isnull", True)),
                    _connector="OR",
                ),
                name="call_full_follows_outline",
            ),
        ),
    ]
