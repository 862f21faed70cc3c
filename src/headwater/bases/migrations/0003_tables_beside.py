"""What stands beside a base: people and their months, rules, open calls and projects, visitors, safety, the bar and support."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bases", "0002_guards"), ("core", "0011_approvals"), ("registry", "0011_works_guarded")]

    operations = [
        migrations.CreateModel(
            name="BasePerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="姓名")),
                ("institution", models.CharField(blank=True, max_length=120, verbose_name="单位")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("director", "主任"),
                            ("deputy", "副主任"),
                            ("backbone", "学术骨干"),
                            ("researcher", "研究人员"),
                            ("technician", "实验技术人员"),
                            ("manager", "管理人员"),
                            ("postdoc", "博士后"),
                            ("visitor", "访问学者"),
                            ("student", "研究生"),
                        ],
                        max_length=12,
                        verbose_name="岗位",
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("fixed", "固定人员"), ("mobile", "流动人员")], max_length=8, verbose_name="类别"),
                ),
                ("title", models.CharField(blank=True, max_length=40, verbose_name="职称")),
                ("since", models.DateField(verbose_name="到岗日期")),
                ("until", models.DateField(null=True, verbose_name="离岗日期")),
                ("once", models.BooleanField(default=False)),
                ("entry", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="people", to="bases.base")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                        verbose_name="人员",
                    ),
                ),
            ],
            options={
                "verbose_name": "基地人员",
                "ordering": ["since", "id"],
                "indexes": [
                    models.Index(fields=["entry", "since"], name="baseperson_entry"),
                    models.Index(fields=["person"], name="baseperson_person"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("person__isnull", False), models.Q(("name", ""), _negated=True), _connector="XOR"),
                        name="baseperson_is_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                        name="baseperson_period",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("kind", "fixed"), ("once", True), ("person__isnull", False)),
                        expressions=[
                            (
                                models.Func(
                                    models.F("person"),
                                    models.F("person"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("since"),
                                    models.F("until"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="baseperson_fixed_once",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("person__isnull", False)),
                        expressions=[
                            (
                                models.Func(
                                    models.F("entry"),
                                    models.F("entry"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("person"),
                                    models.F("person"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("since"),
                                    models.F("until"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="baseperson_here_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BaseRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("adopted_on", models.DateField(verbose_name="施行日期")),
                ("until", models.DateField(null=True, verbose_name="废止日期")),
                ("link", models.URLField(blank=True, max_length=300, verbose_name="网址")),
                ("entry", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="bases.base")),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.storedfile",
                        verbose_name="文件",
                    ),
                ),
            ],
            options={
                "verbose_name": "规章制度",
                "ordering": ["-adopted_on", "-id"],
                "indexes": [models.Index(fields=["entry", "adopted_on"], name="baserule_entry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("link", ""), _negated=True), ("file__isnull", False), _connector="OR"),
                        name="baserule_can_be_read",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("adopted_on")), _connector="OR"),
                        name="baserule_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GapValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("indicator", models.CharField(max_length=40, verbose_name="指标")),
                ("year", models.SmallIntegerField(verbose_name="年度")),
                ("now", models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="实际值")),
                ("plan", models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="计划值")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="gap_values", to="bases.base"),
                ),
            ],
            options={
                "verbose_name": "培育指标",
                "ordering": ["indicator", "year"],
                "constraints": [
                    models.UniqueConstraint(fields=("entry", "indicator", "year"), name="gapvalue_once"),
                    models.CheckConstraint(
                        condition=models.Q(("now__isnull", False), ("plan__isnull", False), _connector="OR"), name="gapvalue_says"
                    ),
                    models.CheckConstraint(condition=models.Q(("year__range", (1990, 2100))), name="gapvalue_year"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("title_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                ("text", models.TextField(max_length=6000, verbose_name="内容")),
                ("opens_on", models.DateField(verbose_name="开始日期")),
                ("closes_on", models.DateField(verbose_name="截止日期")),
                ("amount_fen", models.BigIntegerField(null=True, verbose_name="经费（万元）")),
                ("link", models.URLField(blank=True, max_length=300, verbose_name="网址")),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="open_calls", to="bases.base"),
                ),
            ],
            options={
                "verbose_name": "开放课题指南",
                "ordering": ["-opens_on", "-id"],
                "indexes": [models.Index(fields=["entry", "opens_on"], name="opencall_entry")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("closes_on__gte", models.F("opens_on"))), name="opencall_period"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen__isnull", True), ("amount_fen__gte", 0), _connector="OR"),
                        name="opencall_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("open_day", "开放日"), ("outreach", "科普活动"), ("visit", "来访"), ("exchange", "学术交流")],
                        max_length=10,
                        verbose_name="类别",
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("visitors", models.IntegerField(verbose_name="人数")),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="open_days", to="bases.base"),
                ),
            ],
            options={
                "verbose_name": "开放活动与来访",
                "ordering": ["-on", "-id"],
                "indexes": [models.Index(fields=["entry", "on"], name="openday_entry")],
                "constraints": [models.CheckConstraint(condition=models.Q(("visitors__gte", 0)), name="openday_visitors")],
            },
        ),
        migrations.CreateModel(
            name="OpenProject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="负责人")),
                ("institution", models.CharField(blank=True, max_length=120, verbose_name="单位")),
                ("amount_fen", models.BigIntegerField(verbose_name="经费（万元）")),
                ("since", models.DateField(verbose_name="开始日期")),
                ("until", models.DateField(verbose_name="结束日期")),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "执行中"), ("finished", "已结题"), ("stopped", "已终止")],
                        default="running",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("request_id", models.BigIntegerField(null=True)),
                (
                    "call",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="bases.opencall",
                        verbose_name="所属指南",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="open_projects", to="bases.base"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                        verbose_name="负责人",
                    ),
                ),
            ],
            options={
                "verbose_name": "开放课题",
                "ordering": ["-since", "-id"],
                "indexes": [models.Index(fields=["entry", "since"], name="openproject_entry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("person__isnull", False), models.Q(("name", ""), _negated=True), _connector="XOR"),
                        name="openproject_is_led",
                    ),
                    models.CheckConstraint(condition=models.Q(("until__gte", models.F("since"))), name="openproject_period"),
                    models.CheckConstraint(condition=models.Q(("amount_fen__gte", 0)), name="openproject_amount"),
                    models.UniqueConstraint(
                        condition=models.Q(("request_id__isnull", False)),
                        fields=("request_id",),
                        name="openproject_of_request_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonMonths",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField(verbose_name="年度")),
                ("months", models.DecimalField(decimal_places=1, max_digits=3, verbose_name="在岗月数")),
                (
                    "row",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="months", to="bases.baseperson"),
                ),
            ],
            options={
                "verbose_name": "在岗月数",
                "ordering": ["-year"],
                "constraints": [
                    models.UniqueConstraint(fields=("row", "year"), name="personmonths_once"),
                    models.CheckConstraint(condition=models.Q(("months__range", (0, 12))), name="personmonths_of_year"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SafetyRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="日期")),
                (
                    "grade",
                    models.CharField(
                        choices=[("near", "险情"), ("minor", "一般事故"), ("major", "较大事故"), ("serious", "重大事故")],
                        max_length=8,
                        verbose_name="等级",
                    ),
                ),
                ("text", models.TextField(max_length=2000, verbose_name="经过与处理")),
                ("settled_on", models.DateField(null=True, verbose_name="处理完毕")),
                ("entry", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="safety", to="bases.base")),
            ],
            options={
                "verbose_name": "安全记录",
                "ordering": ["-on", "-id"],
                "indexes": [models.Index(fields=["entry", "on"], name="safety_entry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("settled_on__isnull", True), ("settled_on__gte", models.F("on")), _connector="OR"),
                        name="safety_settled_later",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SupportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("project", "项目"), ("people", "人才与团队"), ("money", "经费")],
                        max_length=8,
                        verbose_name="类别",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="内容")),
                ("source", models.CharField(blank=True, max_length=120, verbose_name="来源")),
                ("year", models.SmallIntegerField(verbose_name="年度")),
                ("planned_fen", models.BigIntegerField(null=True, verbose_name="计划（万元）")),
                ("given_fen", models.BigIntegerField(null=True, verbose_name="到位（万元）")),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="support", to="bases.base"),
                ),
            ],
            options={
                "verbose_name": "支持计划",
                "ordering": ["year", "id"],
                "indexes": [models.Index(fields=["entry", "year"], name="support_entry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("planned_fen__isnull", True), ("planned_fen__gte", 0), _connector="OR"),
                        name="support_planned",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("given_fen__isnull", True), ("given_fen__gte", 0), _connector="OR"),
                        name="support_given",
                    ),
                    models.CheckConstraint(condition=models.Q(("year__range", (1990, 2100))), name="support_year"),
                ],
            },
        ),
    ]
