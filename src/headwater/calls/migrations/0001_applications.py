"""Calls, their applications, and the people of an application."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.clock import now
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("calls", "0001_initial"),
        ("calls", "0004_host_rank"),
        ("calls", "0006_schemes_as_data"),
        ("calls", "0013_call_changes"),
        ("calls", "0014_members_from_outside"),
        ("calls", "0015_not_endorsed"),
        ("calls", "0016_drafts_are_not_submitted"),
    ]
    dependencies = [("core", "0005_addresses_have_one_form"), ("registry", "0004_addresses_have_one_form")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="SchemeVersion",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("region", models.CharField(max_length=40)),
                    ("code", models.CharField(max_length=60)),
                    ("version", models.IntegerField()),
                    ("name_zh", models.CharField(max_length=120, verbose_name="名称")),
                    ("name_en", models.CharField(max_length=160)),
                    ("definition", models.JSONField()),
                    ("digest", models.CharField(max_length=64)),
                    ("loaded_at", models.DateTimeField(default=now)),
                ],
                options={
                    "verbose_name": "项目类型",
                    "ordering": ["code", "-version"],
                    "constraints": [models.UniqueConstraint(fields=("region", "code", "version"), name="scheme_version_once")],
                },
            ),
            migrations.CreateModel(
                name="Call",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=40, unique=True, verbose_name="编号")),
                    ("year", models.IntegerField(verbose_name="年度")),
                    ("title_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("title_en", models.CharField(blank=True, max_length=240, verbose_name="英文名称")),
                    ("guide_zh", models.TextField(blank=True, verbose_name="申报指南")),
                    ("guide_en", models.TextField(blank=True, verbose_name="英文指南")),
                    ("contact", models.CharField(blank=True, max_length=200, verbose_name="联系方式")),
                    ("budget_fen", models.BigIntegerField(verbose_name="预算（分）")),
                    (
                        "state",
                        models.CharField(
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
                    ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="指南发布")),
                    ("opens_at", models.DateTimeField(verbose_name="申报开始")),
                    ("closes_at", models.DateTimeField(verbose_name="申报截止")),
                    ("endorse_by", models.DateTimeField(verbose_name="单位审核截止")),
                    ("recommend_by", models.DateTimeField(verbose_name="归口推荐截止")),
                    ("agency", models.ForeignKey(null=True, on_delete=models.PROTECT, to="registry.agency")),
                    (
                        "approved_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "drafted_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("scheme", models.ForeignKey(on_delete=models.PROTECT, related_name="calls", to="calls.schemeversion")),
                    (
                        "cloned_from",
                        models.ForeignKey(blank=True, null=True, on_delete=models.SET_NULL, related_name="+", to="calls.call"),
                    ),
                    (
                        "outline",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=models.PROTECT,
                            related_name="full_calls",
                            to="calls.call",
                            verbose_name="预申报批次",
                        ),
                    ),
                    ("overrides", models.JSONField(blank=True, default=dict, verbose_name="本批次参数")),
                    (
                        "stage",
                        models.CharField(
                            blank=True,
                            choices=[("", "一次申报"), ("outline", "预申报"), ("full", "正式申报")],
                            default="",
                            max_length=8,
                            verbose_name="阶段",
                        ),
                    ),
                    ("topics", models.JSONField(blank=True, default=list, verbose_name="指南方向")),
                    ("edited_by", ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                ],
                options={
                    "verbose_name": "申报批次",
                    "ordering": ["-year", "code"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(opens_at__lt=F("closes_at"))
                            & Q(endorse_by__gte=F("closes_at"))
                            & Q(recommend_by__gte=F("endorse_by")),
                            name="call_dates_in_order",
                        ),
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True) | Q(drafted_by__isnull=True) | ~Q(approved_by=F("drafted_by")),
                            name="call_two_officers",
                        ),
                        models.CheckConstraint(condition=Q(budget_fen__gte=0), name="call_budget_not_negative"),
                        models.CheckConstraint(
                            condition=Q(outline__isnull=False, stage="full") | ~Q(stage="full") & Q(outline__isnull=True),
                            name="call_full_follows_outline",
                        ),
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True) | ~Q(edited_by__contains=[F("approved_by")]),
                            name="call_approved_by_no_editor",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CallChange",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(choices=[("amend", "变更"), ("cancel", "取消")], max_length=8, verbose_name="类型"),
                    ),
                    ("values", models.JSONField(default=dict)),
                    ("before", models.JSONField(default=dict)),
                    ("reason", models.CharField(max_length=1000, verbose_name="理由")),
                    ("reason_en", models.CharField(blank=True, max_length=1000, verbose_name="理由（英文）")),
                    ("proposed_at", models.DateTimeField(default=now)),
                    ("approved_at", models.DateTimeField(null=True)),
                    ("dropped_at", models.DateTimeField(null=True)),
                    (
                        "approved_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("call", models.ForeignKey(on_delete=models.CASCADE, related_name="changes", to="calls.call")),
                    (
                        "proposed_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "批次变更",
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=Q(approved_at__isnull=True, dropped_at__isnull=True),
                            fields=("call",),
                            name="call_change_one_waiting",
                        ),
                        models.CheckConstraint(
                            condition=Q(approved_at__isnull=True) | Q(dropped_at__isnull=True), name="call_change_one_end"
                        ),
                        models.CheckConstraint(condition=~Q(reason=""), name="call_change_reason"),
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True)
                            | Q(proposed_by__isnull=True)
                            | ~Q(approved_by=F("proposed_by")),
                            name="call_change_two_officers",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="HostQuota",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("quota", models.IntegerField()),
                    ("basis", models.JSONField(default=dict)),
                    ("call", models.ForeignKey(on_delete=models.CASCADE, related_name="quotas", to="calls.call")),
                    ("organisation", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="registry.organisation")),
                ],
                options={
                    "verbose_name": "单位限额",
                    "constraints": [
                        models.UniqueConstraint(fields=("call", "organisation"), name="host_quota_once"),
                        models.CheckConstraint(condition=Q(quota__gte=0), name="host_quota_not_negative"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Application",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("number", models.CharField(blank=True, max_length=40, verbose_name="申请编号")),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("draft", "填写中"),
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
                                ("proposed", "拟批准"),
                                ("not_proposed", "拟不批准"),
                                ("publicity", "公示中"),
                                ("objection", "异议处理"),
                                ("approved", "已批准"),
                                ("rejected", "未批准"),
                                ("withdrawn", "已撤回"),
                                ("expired", "逾期未报"),
                                ("not_endorsed", "不予报送"),
                            ],
                            default="draft",
                            max_length=14,
                            verbose_name="状态",
                        ),
                    ),
                    (
                        "research_class",
                        models.CharField(
                            choices=[("free", "自由探索类"), ("goal", "目标导向类")],
                            default="free",
                            max_length=4,
                            verbose_name="研究属性",
                        ),
                    ),
                    ("title_zh", models.CharField(blank=True, max_length=120, verbose_name="名称")),
                    ("title_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                    ("abstract_zh", models.TextField(blank=True, verbose_name="中文摘要")),
                    ("abstract_en", models.TextField(blank=True, verbose_name="英文摘要")),
                    ("keywords_zh", models.CharField(blank=True, max_length=200, verbose_name="关键词")),
                    ("keywords_en", models.CharField(blank=True, max_length=300, verbose_name="英文关键词")),
                    ("review_group", models.CharField(blank=True, max_length=60, verbose_name="评审领域")),
                    ("priority_field", models.CharField(blank=True, max_length=60, verbose_name="优先领域")),
                    ("amount_fen", models.BigIntegerField(default=0, verbose_name="申请金额")),
                    ("months", models.IntegerField(default=36, verbose_name="执行期限（月）")),
                    ("starts_on", models.DateField(blank=True, null=True, verbose_name="开始日期")),
                    ("answers", models.JSONField(default=dict)),
                    ("flags", models.JSONField(default=list)),
                    ("unsuitable", models.JSONField(default=list)),
                    ("revision", models.IntegerField(default=0)),
                    ("limit_year", models.IntegerField()),
                    ("limit_group", models.CharField(max_length=40)),
                    ("created_at", models.DateTimeField(default=now)),
                    ("saved_at", models.DateTimeField(default=now)),
                    ("submitted_at", models.DateTimeField(null=True)),
                    ("endorsed_at", models.DateTimeField(null=True)),
                    ("received_at", models.DateTimeField(null=True)),
                    ("decided_at", models.DateTimeField(null=True)),
                    ("returned_note", models.TextField(blank=True)),
                    (
                        "discipline",
                        models.ForeignKey(
                            blank=True, null=True, on_delete=models.PROTECT, to="registry.discipline", verbose_name="申请代码"
                        ),
                    ),
                    (
                        "host",
                        models.ForeignKey(
                            on_delete=models.PROTECT,
                            related_name="applications",
                            to="registry.organisation",
                            verbose_name="依托单位",
                        ),
                    ),
                    (
                        "leader",
                        models.ForeignKey(
                            on_delete=models.PROTECT, related_name="led_applications", to="registry.person", verbose_name="申请人"
                        ),
                    ),
                    ("call", models.ForeignKey(on_delete=models.PROTECT, related_name="applications", to="calls.call")),
                    ("host_rank", models.IntegerField(null=True, verbose_name="单位排序")),
                    ("topic", models.CharField(blank=True, max_length=20, verbose_name="指南方向")),
                    (
                        "leader_of_record",
                        models.ForeignKey(
                            editable=False, null=True, on_delete=models.PROTECT, related_name="+", to="registry.person"
                        ),
                    ),
                ],
                options={
                    "verbose_name": "申请书",
                    "ordering": ["id"],
                    "indexes": [
                        models.Index(fields=["call", "state", "id"], name="application_board"),
                        models.Index(fields=["host", "state"], name="application_host"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(condition=~Q(number=""), fields=("number",), name="application_number_once"),
                        models.CheckConstraint(condition=Q(amount_fen__gte=0), name="application_amount"),
                        models.CheckConstraint(condition=Q(months__gte=1, months__lte=120), name="application_months"),
                        models.UniqueConstraint(
                            deferrable=models.Deferrable.DEFERRED,
                            fields=("call", "host", "host_rank"),
                            name="application_rank_once",
                        ),
                        models.CheckConstraint(
                            condition=Q(host_rank__isnull=True) | Q(host_rank__gte=1), name="application_rank"
                        ),
                        models.CheckConstraint(
                            condition=Q(state__in=["draft", "expired", "not_endorsed", "withdrawn"]) | ~Q(number=""),
                            name="application_submitted_has_number",
                        ),
                        models.UniqueConstraint(
                            condition=~Q(state__in=["draft", "expired", "not_endorsed", "withdrawn"]),
                            fields=("leader_of_record", "limit_group", "limit_year"),
                            name="application_one_live_per_year",
                            violation_error_message="同一申请人同一年度只能申报一项",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Participant",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("months_per_year", models.IntegerField(default=6, verbose_name="每年工作月数")),
                    ("confirmed_at", models.DateTimeField(null=True)),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="participants", to="calls.application"),
                    ),
                    (
                        "organisation",
                        models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="registry.organisation"),
                    ),
                    ("person", models.ForeignKey(on_delete=models.PROTECT, related_name="participations", to="registry.person")),
                    ("may_edit", models.BooleanField(default=False, verbose_name="可编辑")),
                    ("decline_reason", models.CharField(blank=True, max_length=300, verbose_name="谢绝的理由")),
                    ("declined_at", models.DateTimeField(null=True)),
                    ("institution", models.CharField(blank=True, max_length=120, verbose_name="单位")),
                ],
                options={
                    "verbose_name": "参与者",
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("application", "person"), name="participant_once"),
                        models.CheckConstraint(
                            condition=Q(months_per_year__gte=1, months_per_year__lte=12), name="participant_months"
                        ),
                        models.CheckConstraint(
                            condition=Q(confirmed_at__isnull=True) | Q(declined_at__isnull=True), name="participant_one_answer"
                        ),
                        models.CheckConstraint(
                            condition=Q(organisation__isnull=False) | ~Q(institution=""), name="participant_belongs_somewhere"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Attachment",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=40)),
                    ("note", models.CharField(blank=True, max_length=200)),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="attachments", to="calls.application"),
                    ),
                    ("file", models.ForeignKey(on_delete=models.PROTECT, to="core.storedfile")),
                ],
            ),
        )
    ]
