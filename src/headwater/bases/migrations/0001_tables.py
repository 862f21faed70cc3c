"""Bases and who holds them."""

import django.db.models.deletion
from django.db import migrations, models

import headwater.core.clock


class Migration(migrations.Migration):
    initial = True
    dependencies = [("registers", "0001_tables"), ("registry", "0008_outlines_frame")]

    operations = [
        migrations.CreateModel(
            name="Base",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="编号")),
                ("kind", models.CharField(max_length=40, verbose_name="种类")),
                ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                ("name_mn", models.CharField(blank=True, max_length=300, verbose_name="蒙古文名称")),
                ("latitude", models.DecimalField(decimal_places=5, max_digits=8, null=True, verbose_name="纬度")),
                ("longitude", models.DecimalField(decimal_places=5, max_digits=8, null=True, verbose_name="经度")),
                ("state", models.CharField(max_length=40, verbose_name="状态")),
                (
                    "group",
                    models.CharField(
                        choices=[("planned", "筹建"), ("live", "运行"), ("watched", "整改观察"), ("ended", "已终止")],
                        max_length=8,
                        verbose_name="状态类别",
                    ),
                ),
                ("is_public", models.BooleanField(verbose_name="公开")),
                ("state_since", models.DateField(verbose_name="进入状态")),
                ("state_due", models.DateField(null=True, verbose_name="状态期限")),
                ("reminded_on", models.DateField(null=True)),
                ("opened_on", models.DateField(verbose_name="登记日期")),
                ("since", models.DateField(null=True, verbose_name="运行起始")),
                ("until", models.DateField(null=True, verbose_name="终止日期")),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("officer", "主管登记"),
                            ("import", "表格导入"),
                            ("decision", "批准决定"),
                            ("package", "公开资料"),
                        ],
                        max_length=10,
                        verbose_name="登记方式",
                    ),
                ),
                ("origin_id", models.BigIntegerField(null=True)),
                ("origin_code", models.CharField(blank=True, max_length=60)),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="来源")),
                ("licence", models.CharField(blank=True, max_length=60, verbose_name="许可")),
                ("invented", models.BooleanField(default=False, verbose_name="演示虚构")),
                ("answers", models.JSONField(default=dict, verbose_name="登记内容")),
                ("revision", models.IntegerField(default=0)),
                ("succeeded_on", models.DateField(null=True, verbose_name="被承继日期")),
                ("changed_at", models.DateTimeField(default=headwater.core.clock.now)),
                ("ror", models.CharField(blank=True, max_length=9, verbose_name="ROR")),
                ("wigos_id", models.CharField(blank=True, max_length=40, verbose_name="WIGOS 站号")),
                ("elevation_m", models.IntegerField(null=True, verbose_name="海拔（米）")),
                (
                    "director",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                        verbose_name="主任",
                    ),
                ),
                (
                    "discipline",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.discipline",
                        verbose_name="学科",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.priorityfield",
                        verbose_name="优先领域",
                    ),
                ),
                (
                    "host",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organisation",
                        verbose_name="依托单位",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.place",
                        verbose_name="所在地",
                    ),
                ),
                (
                    "secretary",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                        verbose_name="秘书",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registers.kindversion"),
                ),
            ],
            options={
                "verbose_name": "科技基地",
                "ordering": ["number"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["kind", "state"], name="base_kind"),
                    models.Index(fields=["host"], name="base_host"),
                    models.Index(condition=models.Q(("state_due__isnull", False)), fields=["state_due"], name="base_due"),
                    models.Index(fields=["director"], name="base_director"),
                    models.Index(fields=["secretary"], name="base_secretary"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("origin", "decision")), fields=("origin_id",), name="base_of_decision_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("origin", "package")), fields=("origin_code",), name="base_of_package_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("group__in", ("planned", "live", "watched", "ended"))), name="base_group"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("succeeded_on__isnull", True), ("group", "ended"), _connector="OR"),
                        name="base_with_successor_is_over",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("group", "ended"), _connector="OR"),
                        name="base_at_work_has_no_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("since__isnull", True), ("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"
                        ),
                        name="base_term",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                            models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                            _connector="OR",
                        ),
                        name="base_point",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("origin", "package"), _negated=True),
                            models.Q(("source", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="base_fact_has_source",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BaseHolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("lead", "依托单位"), ("partner", "参与单位"), ("builder", "共建单位")],
                        max_length=10,
                        verbose_name="身份",
                    ),
                ),
                ("share", models.DecimalField(decimal_places=4, max_digits=5, null=True, verbose_name="份额")),
                ("since", models.DateField(verbose_name="起")),
                ("until", models.DateField(null=True, verbose_name="止")),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="holders", to="bases.base"),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.person"
                    ),
                ),
            ],
            options={
                "verbose_name": "基地依托单位",
                "ordering": ["since", "id"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("role", "lead"), ("until__isnull", True)),
                        fields=("entry",),
                        name="baseholder_leads_alone",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("entry", "organisation", "person"),
                        name="baseholder_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("organisation__isnull", False), ("person__isnull", False), _connector="XOR"),
                        name="baseholder_is_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("share__isnull", True), ("share__range", (0, 1)), _connector="OR"),
                        name="baseholder_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                        name="baseholder_period",
                    ),
                ],
            },
        ),
    ]
