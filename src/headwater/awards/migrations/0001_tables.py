"""Awards, their agreements and signatures."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.clock import now
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [("awards", "0001_initial"), ("awards", "0002_closing"), ("awards", "0003_giving_up")]
    dependencies = [("calls", "0004_guards")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Award",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("number", models.CharField(max_length=40, unique=True, verbose_name="编号")),
                    ("title_zh", models.CharField(max_length=200, verbose_name="名称")),
                    ("title_en", models.CharField(blank=True, max_length=300)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("agreement", "签订任务书"),
                                ("running", "执行中"),
                                ("lapsed", "逾期未签，视为放弃"),
                                ("refused", "已放弃"),
                                ("closed", "已结题"),
                                ("terminated", "已终止"),
                            ],
                            default="agreement",
                            max_length=10,
                            verbose_name="状态",
                        ),
                    ),
                    ("amount_fen", models.BigIntegerField(verbose_name="金额")),
                    ("starts_on", models.DateField(verbose_name="开始")),
                    ("ends_on", models.DateField(verbose_name="结束")),
                    ("approved_at", models.DateTimeField(verbose_name="决定时间")),
                    ("agreement_by", models.DateTimeField(verbose_name="任务书截止")),
                    ("application", models.OneToOneField(on_delete=models.PROTECT, related_name="award", to="calls.application")),
                    ("call", models.ForeignKey(on_delete=models.PROTECT, related_name="awards", to="calls.call")),
                    ("host", models.ForeignKey(on_delete=models.PROTECT, related_name="awards", to="registry.organisation")),
                    ("leader", models.ForeignKey(on_delete=models.PROTECT, related_name="awards", to="registry.person")),
                    ("closed_on", models.DateField(null=True, verbose_name="结题或终止日期")),
                    ("extension", models.TextField(blank=True, verbose_name="延期签订的理由")),
                    ("ending", models.TextField(blank=True, verbose_name="放弃或终止的理由")),
                    ("reminded_at", models.DateTimeField(null=True)),
                ],
                options={
                    "verbose_name": "项目",
                    "ordering": ["number"],
                    "indexes": [models.Index(fields=["leader", "ends_on"], name="award_leader")],
                    "constraints": [
                        models.CheckConstraint(condition=Q(amount_fen__gt=0), name="award_amount"),
                        models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="award_term"),
                        models.CheckConstraint(
                            condition=Q(closed_on__isnull=False, state__in=["closed", "terminated"])
                            | ~Q(state__in=["closed", "terminated"]) & Q(closed_on__isnull=True),
                            name="award_closed_on",
                        ),
                        models.CheckConstraint(condition=~Q(state="refused") | ~Q(ending=""), name="award_refused_with_reason"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Agreement",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("content", models.JSONField()),
                    ("digest", models.CharField(max_length=64)),
                    ("made_at", models.DateTimeField(default=now)),
                    ("signed_at", models.DateTimeField(null=True)),
                    ("pdf", models.ForeignKey(null=True, on_delete=models.PROTECT, to="core.storedfile")),
                    ("award", models.OneToOneField(on_delete=models.CASCADE, related_name="agreement", to="awards.award")),
                ],
                options={"verbose_name": "任务书"},
            ),
            migrations.CreateModel(
                name="Signature",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "party",
                        models.CharField(
                            choices=[("leader", "负责人"), ("host", "依托单位"), ("department", "科技厅")], max_length=12
                        ),
                    ),
                    ("signer", models.CharField(max_length=200)),
                    ("digest", models.CharField(max_length=64)),
                    ("signed_at", models.DateTimeField(default=now)),
                    (
                        "account",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("agreement", models.ForeignKey(on_delete=models.CASCADE, related_name="signatures", to="awards.agreement")),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("agreement", "party"), name="signature_once")]},
            ),
        )
    ]
