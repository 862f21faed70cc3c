"""Formal checks, decisions, letters, public notices and objections."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.addresses import AddressField
from headwater.core.clock import now
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("calls", "0008_words_of_outcomes"),
        ("calls", "0012_rule_results_once"),
        ("calls", "0017_departures_are_said"),
        ("calls", "0018_second_people"),
        ("calls", "0019_objections_are_confirmed"),
    ]
    dependencies = [("calls", "0002_texts")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="RuleResult",
                fields=[("digest", models.UUIDField(primary_key=True, serialize=False)), ("text", models.TextField())],
            ),
            migrations.CreateModel(
                name="FormalCheck",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("ran_at", models.DateTimeField()),
                    ("failed", models.JSONField(default=list)),
                    (
                        "verdict",
                        models.CharField(
                            choices=[("clear", "自动通过"), ("eyes", "需人工核对"), ("faulty", "发现问题")], max_length=8
                        ),
                    ),
                    ("decided_at", models.DateTimeField(null=True)),
                    ("codes", models.JSONField(default=list)),
                    ("note", models.TextField(blank=True)),
                    ("recheck_text", models.TextField(blank=True)),
                    ("recheck_at", models.DateTimeField(null=True)),
                    ("recheck_answer", models.TextField(blank=True)),
                    ("recheck_answered_at", models.DateTimeField(null=True)),
                    (
                        "application",
                        models.OneToOneField(on_delete=models.CASCADE, related_name="check_result", to="calls.application"),
                    ),
                    (
                        "decided_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("result_digests", ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                    (
                        "recheck_answered_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "形式审查",
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(recheck_answered_by__isnull=True)
                            | Q(decided_by__isnull=True)
                            | ~Q(recheck_answered_by=F("decided_by")),
                            name="recheck_by_another",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Decision",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "outcome",
                        models.CharField(choices=[("fund", "批准"), ("refuse", "不批准")], max_length=8, verbose_name="决定"),
                    ),
                    ("amount_fen", models.BigIntegerField(default=0, verbose_name="金额")),
                    ("rank", models.IntegerField(null=True, verbose_name="排序")),
                    ("reason", models.TextField(blank=True, verbose_name="理由")),
                    (
                        "deviation",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("budget", "年度预算所限"),
                                ("balance", "领域、地区或单位的均衡"),
                                ("priority", "政策规定的优先支持"),
                                ("duplicate", "与在研项目重复"),
                                ("conditions", "实施条件有变"),
                                ("integrity", "科研诚信核查"),
                                ("other", "其他非学术原因"),
                                ("unstated", "旧记录，未说明"),
                            ],
                            max_length=60,
                            verbose_name="偏离会议评审结果的理由",
                        ),
                    ),
                    ("proposed_at", models.DateTimeField(default=now)),
                    ("approved_at", models.DateTimeField(null=True)),
                    (
                        "application",
                        models.OneToOneField(on_delete=models.CASCADE, related_name="decision", to="calls.application"),
                    ),
                    (
                        "approved_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("call", models.ForeignKey(on_delete=models.PROTECT, related_name="decisions", to="calls.call")),
                    (
                        "proposed_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("deviation_words", models.TextField(blank=True, verbose_name="偏离理由说明")),
                    ("freed_at", models.DateTimeField(null=True, verbose_name="经费退回批次预算的时间")),
                    ("letter_words", models.TextField(blank=True, verbose_name="通知书用语（更正）")),
                ],
                options={
                    "verbose_name": "决定",
                    "indexes": [models.Index(fields=["call", "outcome"], name="decision_call")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True)
                            | Q(proposed_by__isnull=True)
                            | ~Q(approved_by=F("proposed_by")),
                            name="decision_two_people",
                        ),
                        models.CheckConstraint(
                            condition=Q(amount_fen__gte=0, outcome="fund") | Q(amount_fen=0, outcome="refuse"),
                            name="decision_money",
                        ),
                        models.CheckConstraint(
                            condition=Q(deviation__in=["", "unstated"]) | ~Q(deviation_words=""), name="decision_deviation_said"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Letter",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("not_accepted", "不予受理通知书"),
                                ("approved", "批准的通知书"),
                                ("rejected", "不批准的通知书"),
                                ("recheck", "复审决定书"),
                            ],
                            max_length=14,
                            verbose_name="类型",
                        ),
                    ),
                    ("number", models.CharField(max_length=60, unique=True, verbose_name="文号")),
                    ("body", models.JSONField()),
                    ("issued_at", models.DateTimeField(default=now)),
                    ("application", models.ForeignKey(on_delete=models.CASCADE, related_name="letters", to="calls.application")),
                ],
                options={"verbose_name": "通知书", "ordering": ["-issued_at"]},
            ),
            migrations.CreateModel(
                name="Notice",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("title_zh", models.CharField(max_length=200)),
                    ("title_en", models.CharField(blank=True, max_length=240)),
                    ("starts_at", models.DateTimeField()),
                    ("ends_at", models.DateTimeField()),
                    ("digest", models.CharField(max_length=64)),
                    ("closed_at", models.DateTimeField(null=True)),
                    ("call", models.ForeignKey(on_delete=models.PROTECT, related_name="notices", to="calls.call")),
                ],
                options={
                    "verbose_name": "公示",
                    "ordering": ["-starts_at"],
                    "constraints": [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="notice_period")],
                },
            ),
            migrations.CreateModel(
                name="NoticeRow",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("position", models.IntegerField()),
                    ("title", models.CharField(max_length=200)),
                    ("leader", models.CharField(max_length=120)),
                    ("host", models.CharField(max_length=200)),
                    ("amount_fen", models.BigIntegerField()),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.PROTECT, related_name="notice_rows", to="calls.application"),
                    ),
                    ("notice", models.ForeignKey(on_delete=models.CASCADE, related_name="rows", to="calls.notice")),
                ],
                options={
                    "ordering": ["position"],
                    "constraints": [models.UniqueConstraint(fields=("notice", "application"), name="notice_row_once")],
                },
            ),
            migrations.CreateModel(
                name="Objection",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=120, verbose_name="姓名或单位")),
                    ("contact", models.CharField(max_length=120, verbose_name="联系方式")),
                    ("text", models.TextField(verbose_name="异议内容与依据")),
                    (
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
                    ("answer", models.TextField(blank=True, verbose_name="处理意见")),
                    ("filed_at", models.DateTimeField(default=now)),
                    ("answered_at", models.DateTimeField(null=True)),
                    (
                        "answered_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("notice", models.ForeignKey(on_delete=models.PROTECT, related_name="objections", to="calls.notice")),
                    ("row", models.ForeignKey(on_delete=models.PROTECT, related_name="objections", to="calls.noticerow")),
                    ("reply", models.TextField(blank=True, verbose_name="申请人的陈述")),
                    ("reply_by", models.DateTimeField(null=True, verbose_name="申请人陈述截止")),
                    ("replied_at", models.DateTimeField(null=True)),
                    ("settled_at", models.DateTimeField(null=True)),
                    (
                        "settled_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("confirmed_at", models.DateTimeField(null=True)),
                ],
                options={
                    "verbose_name": "异议",
                    "ordering": ["-filed_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(settled_by__isnull=True) | Q(answered_by__isnull=True) | ~Q(settled_by=F("answered_by")),
                            name="objection_two_people",
                        ),
                        models.CheckConstraint(
                            condition=~Q(state="upheld") | Q(settled_at__isnull=False), name="objection_upheld_is_settled"
                        ),
                        models.UniqueConstraint(
                            condition=Q(confirmed_at__isnull=False, state__in=["open", "proposed"]),
                            fields=("row", "contact"),
                            name="objection_one_open_of_a_contact",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ObjectionClaim",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=120)),
                    ("contact", AddressField(max_length=120)),
                    ("text", models.TextField()),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("asked_at", models.DateTimeField()),
                    ("expires_at", models.DateTimeField()),
                    ("ended_at", models.DateTimeField(null=True)),
                    ("asked_from", models.CharField(max_length=32)),
                    ("row", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="calls.noticerow")),
                ],
                options={
                    "verbose_name": "待确认的异议",
                    "indexes": [
                        models.Index(fields=["asked_from", "asked_at"], name="objection_claim_source"),
                        models.Index(fields=["contact", "asked_at"], name="objection_claim_contact"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=Q(ended_at__isnull=True), fields=("row", "contact"), name="objection_claim_one_waiting"
                        ),
                        models.CheckConstraint(
                            condition=Q(contact__regex="^[!-@\\[-~]*$"), name="objection_claim_address_normal"
                        ),
                    ],
                },
            ),
        )
    ]
