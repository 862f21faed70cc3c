"""Experts, assignments, opinions, rankings and panels."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from headwater.core.clock import now
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("review", "0001_initial"),
        ("review", "0003_ranking_uncertainty"),
        ("review", "0004_words_of_outcomes"),
        ("review", "0005_votes_by_item"),
        ("review", "0006_languages_of_experts"),
    ]
    dependencies = [("calls", "0004_guards")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Expert",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("keywords", models.CharField(blank=True, max_length=300, verbose_name="研究方向")),
                    ("max_load", models.IntegerField(default=15, verbose_name="最多评审项数")),
                    ("is_active", models.BooleanField(default=True, verbose_name="在库")),
                    ("is_external", models.BooleanField(default=False, verbose_name="区外专家")),
                    ("joined_at", models.DateTimeField(default=now)),
                    ("disciplines", models.ManyToManyField(related_name="experts", to="registry.discipline")),
                    ("person", models.OneToOneField(on_delete=models.CASCADE, related_name="expert", to="registry.person")),
                    ("languages", models.JSONField(blank=True, default=list, verbose_name="评审语言")),
                    ("away_until", models.DateField(blank=True, null=True, verbose_name="暂停至（含）")),
                ],
                options={
                    "verbose_name": "专家",
                    "constraints": [models.CheckConstraint(condition=Q(max_load__gte=0, max_load__lte=200), name="expert_load")],
                },
            ),
            migrations.CreateModel(
                name="Conflict",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("same_entity", "同一法人单位"),
                                ("past_entity", "近年曾在同一单位"),
                                ("takes_part", "本人参与该申请"),
                                ("same_call", "同批次申请人"),
                                ("coauthor", "近年合作发表"),
                                ("supervisor", "师生关系"),
                                ("kin", "近亲属"),
                                ("coproject", "近年合作项目"),
                                ("named", "申请人提出的不适宜评审的专家"),
                                ("declared", "专家申请回避"),
                                ("banned", "惩戒期内"),
                            ],
                            max_length=12,
                            verbose_name="类型",
                        ),
                    ),
                    ("evidence", models.CharField(blank=True, max_length=300, verbose_name="依据")),
                    ("found_at", models.DateTimeField(default=now)),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="conflicts", to="calls.application"),
                    ),
                    ("expert", models.ForeignKey(on_delete=models.CASCADE, related_name="conflicts", to="review.expert")),
                ],
                options={
                    "verbose_name": "回避关系",
                    "indexes": [models.Index(fields=["expert", "application"], name="conflict_pair")],
                    "constraints": [models.UniqueConstraint(fields=("application", "expert", "kind"), name="conflict_once")],
                },
            ),
            migrations.CreateModel(
                name="Round",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "state",
                        models.CharField(
                            choices=[("proposed", "待发布"), ("published", "已发布"), ("discarded", "已作废")],
                            default="proposed",
                            max_length=10,
                            verbose_name="状态",
                        ),
                    ),
                    ("seed", models.BigIntegerField(verbose_name="随机种子")),
                    ("settings", models.JSONField(default=dict)),
                    ("record", models.JSONField(default=dict)),
                    ("made_at", models.DateTimeField(default=now)),
                    ("published_at", models.DateTimeField(null=True)),
                    ("respond_by", models.DateTimeField(null=True)),
                    ("due_at", models.DateTimeField(null=True)),
                    ("call", models.ForeignKey(on_delete=models.PROTECT, related_name="rounds", to="calls.call")),
                    ("job", models.ForeignKey(null=True, on_delete=models.SET_NULL, to="core.job")),
                    (
                        "made_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={"verbose_name": "指派方案", "ordering": ["-id"]},
            ),
            migrations.CreateModel(
                name="Assignment",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("proposed", "拟指派"),
                                ("invited", "已邀请"),
                                ("accepted", "已接受"),
                                ("submitted", "已提交"),
                                ("declined", "已谢绝"),
                                ("expired", "逾期未答"),
                                ("released", "已撤回"),
                            ],
                            default="proposed",
                            max_length=10,
                            verbose_name="状态",
                        ),
                    ),
                    ("score", models.FloatField(default=0.0, verbose_name="匹配度")),
                    ("explanation", models.JSONField(default=dict)),
                    ("invited_at", models.DateTimeField(null=True)),
                    ("answered_at", models.DateTimeField(null=True)),
                    ("decline_reason", models.CharField(blank=True, max_length=200)),
                    ("due_at", models.DateTimeField(null=True, verbose_name="评审截止")),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="assignments", to="calls.application"),
                    ),
                    ("expert", models.ForeignKey(on_delete=models.PROTECT, related_name="assignments", to="review.expert")),
                    ("round", models.ForeignKey(on_delete=models.PROTECT, related_name="assignments", to="review.round")),
                ],
                options={
                    "verbose_name": "评审指派",
                    "indexes": [
                        models.Index(fields=["expert", "state"], name="assignment_expert"),
                        models.Index(fields=["application", "state"], name="assignment_application"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=~Q(state__in=["declined", "expired", "released"]),
                            fields=("application", "expert"),
                            name="assignment_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Opinion",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("scores", models.JSONField(default=dict)),
                    ("total", models.FloatField(null=True, verbose_name="总分")),
                    (
                        "grade",
                        models.IntegerField(choices=[(3, "优先"), (2, "同意"), (1, "不同意")], null=True, verbose_name="建议"),
                    ),
                    (
                        "familiarity",
                        models.IntegerField(
                            choices=[(3, "熟悉"), (2, "较熟悉"), (1, "不熟悉")], null=True, verbose_name="熟悉程度"
                        ),
                    ),
                    ("text_applicant", models.TextField(blank=True, verbose_name="给申请人的意见")),
                    ("text_fund", models.TextField(blank=True, verbose_name="仅供基金办公室参考的意见")),
                    ("saved_at", models.DateTimeField(default=now)),
                    ("submitted_at", models.DateTimeField(null=True)),
                    (
                        "assignment",
                        models.OneToOneField(on_delete=models.CASCADE, related_name="opinion", to="review.assignment"),
                    ),
                ],
                options={
                    "verbose_name": "评审意见",
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(submitted_at__isnull=True)
                            | Q(total__isnull=False) & Q(grade__isnull=False) & ~Q(text_applicant=""),
                            name="opinion_complete_when_submitted",
                        ),
                        models.CheckConstraint(
                            condition=Q(total__isnull=True) | Q(total__gte=0, total__lte=100), name="opinion_total"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Ranking",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("opinions", models.IntegerField()),
                    ("mean", models.FloatField(verbose_name="平均分")),
                    ("calibrated", models.FloatField(verbose_name="校准分")),
                    ("grade_mean", models.FloatField(verbose_name="建议均值")),
                    ("spread", models.IntegerField(verbose_name="建议极差")),
                    ("rank", models.IntegerField(null=True, verbose_name="名次")),
                    ("computed_at", models.DateTimeField()),
                    (
                        "application",
                        models.OneToOneField(on_delete=models.CASCADE, related_name="ranking", to="calls.application"),
                    ),
                    ("chance", models.FloatField(null=True, verbose_name="列入预算的概率")),
                    ("component", models.IntegerField(default=0, verbose_name="可比组")),
                    ("near_line", models.BooleanField(default=False, verbose_name="与预算线无显著差别")),
                    ("sd", models.FloatField(null=True, verbose_name="校准分标准差")),
                ],
                options={"verbose_name": "评审排序"},
            ),
            migrations.CreateModel(
                name="Panel",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=120, verbose_name="名称")),
                    (
                        "state",
                        models.CharField(
                            choices=[("preparing", "筹备"), ("voting", "投票中"), ("closed", "已结束")],
                            default="preparing",
                            max_length=10,
                            verbose_name="状态",
                        ),
                    ),
                    ("meets_at", models.DateTimeField(null=True)),
                    ("quorum", models.CharField(default="2/3", max_length=10)),
                    ("opened_at", models.DateTimeField(null=True)),
                    ("closed_at", models.DateTimeField(null=True)),
                    ("call", models.ForeignKey(on_delete=models.PROTECT, related_name="panels", to="calls.call")),
                    ("group", models.ForeignKey(null=True, on_delete=models.PROTECT, to="registry.reviewgroup")),
                    ("missing_reason", models.CharField(blank=True, max_length=300, verbose_name="缺票仍结束投票的原因")),
                ],
                options={"verbose_name": "会评组", "ordering": ["call", "id"]},
            ),
            migrations.CreateModel(
                name="PanelItem",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("position", models.IntegerField()),
                    ("threshold", models.CharField(default="majority", max_length=10)),
                    ("yes", models.IntegerField(default=0)),
                    ("no", models.IntegerField(default=0)),
                    ("abstain", models.IntegerField(default=0)),
                    (
                        "result",
                        models.CharField(
                            blank=True,
                            choices=[("recommended", "同意"), ("not_recommended", "不同意"), ("no_quorum", "未达法定人数")],
                            max_length=16,
                        ),
                    ),
                    (
                        "application",
                        models.OneToOneField(on_delete=models.CASCADE, related_name="panel_item", to="calls.application"),
                    ),
                    ("panel", models.ForeignKey(on_delete=models.CASCADE, related_name="items", to="review.panel")),
                    ("missing", models.PositiveSmallIntegerField(default=0, verbose_name="缺票")),
                    ("vote", models.PositiveSmallIntegerField(default=1, verbose_name="第几次投票")),
                ],
                options={
                    "ordering": ["position"],
                    "constraints": [
                        models.CheckConstraint(condition=Q(abstain__gte=0, no__gte=0, yes__gte=0), name="panel_item_votes")
                    ],
                },
            ),
            migrations.CreateModel(
                name="PanelMember",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("is_chair", models.BooleanField(default=False)),
                    ("present", models.BooleanField(default=False)),
                    ("expert", models.ForeignKey(on_delete=models.PROTECT, related_name="panels", to="review.expert")),
                    ("panel", models.ForeignKey(on_delete=models.CASCADE, related_name="members", to="review.panel")),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("panel", "expert"), name="panel_member_once")]},
            ),
            migrations.CreateModel(
                name="BallotCast",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("item", models.ForeignKey(on_delete=models.CASCADE, related_name="casts", to="review.panelitem")),
                    ("member", models.ForeignKey(on_delete=models.CASCADE, related_name="casts", to="review.panelmember")),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("item", "member"), name="ballot_once")]},
            ),
        )
    ]
