"""What is written of an application: versions, comparison with others, signatures and letters of referees."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.addresses import AddressField
from headwater.core.clock import now
from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("calls", "0003_likeness"),
        ("calls", "0007_versions"),
        ("calls", "0009_signing"),
        ("calls", "0010_commitments_become_documents"),
        ("calls", "0011_without_commitments"),
    ]
    dependencies = [("calls", "0001_applications")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Version",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("save", "保存"),
                                ("restore", "恢复"),
                                ("submit", "提交"),
                                ("return", "退回"),
                                ("withdraw", "撤回"),
                            ],
                            default="save",
                            max_length=8,
                        ),
                    ),
                    ("began_at", models.DateTimeField(default=now)),
                    ("at", models.DateTimeField(default=now)),
                    ("revision", models.IntegerField()),
                    ("before", models.JSONField(default=dict)),
                    ("clashes", models.JSONField(default=dict)),
                    ("digest", models.CharField(blank=True, max_length=64)),
                    ("beside", models.JSONField(default=dict)),
                    (
                        "application",
                        models.ForeignKey(
                            db_index=False, on_delete=models.CASCADE, related_name="versions", to="calls.application"
                        ),
                    ),
                    (
                        "author",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "版本",
                    "ordering": ["id"],
                    "indexes": [models.Index(fields=["application", "id"], name="version_of_application")],
                },
            ),
            migrations.CreateModel(
                name="Presence",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("at", models.DateTimeField()),
                    ("account", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                    ("application", models.ForeignKey(on_delete=models.CASCADE, related_name="present", to="calls.application")),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("application", "account"), name="presence_once")]},
            ),
            migrations.CreateModel(
                name="Unsaved",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("section", models.CharField(max_length=40)),
                    ("body", models.TextField()),
                    ("at", models.DateTimeField()),
                    ("account", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                    ("application", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="calls.application")),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("application", "account", "section"), name="unsaved_once")]
                },
            ),
            migrations.CreateModel(
                name="TextPrint",
                fields=[
                    (
                        "application",
                        models.OneToOneField(
                            on_delete=models.CASCADE,
                            primary_key=True,
                            related_name="text_print",
                            serialize=False,
                            to="calls.application",
                        ),
                    ),
                    ("document", models.BigIntegerField()),
                    ("submitted_at", models.DateTimeField()),
                    ("compared_at", models.DateTimeField(null=True)),
                ],
                options={"indexes": [models.Index(fields=["document"], name="text_print_document")]},
            ),
            migrations.CreateModel(
                name="Likeness",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("share", models.FloatField(verbose_name="相似比例")),
                    ("plain", models.FloatField()),
                    ("evidence", models.FloatField()),
                    ("longest", models.IntegerField(verbose_name="最长相同文字")),
                    ("passages", models.JSONField()),
                    ("found_at", models.DateTimeField(default=now)),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="likenesses", to="calls.application"),
                    ),
                    ("other", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="calls.application")),
                ],
                options={
                    "verbose_name": "相似文本",
                    "ordering": ["-share", "pk"],
                    "constraints": [
                        models.UniqueConstraint(fields=("application", "other"), name="likeness_once"),
                        models.CheckConstraint(condition=~Q(application=F("other")), name="likeness_of_two"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DocumentText",
                fields=[
                    ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ("title_zh", models.CharField(max_length=120)),
                    ("title_en", models.CharField(max_length=200)),
                    ("text_zh", models.TextField()),
                    ("text_en", models.TextField()),
                ],
                options={"verbose_name": "签署文本"},
            ),
            migrations.CreateModel(
                name="Referee",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=60, verbose_name="姓名")),
                    ("institution", models.CharField(max_length=120, verbose_name="单位")),
                    ("title", models.CharField(max_length=40, verbose_name="职称")),
                    ("email", AddressField(max_length=254, verbose_name="电子邮箱")),
                    ("invited_at", models.DateTimeField(default=now)),
                    ("opened_at", models.DateTimeField(null=True)),
                    ("written_at", models.DateTimeField(null=True)),
                    ("declined_at", models.DateTimeField(null=True)),
                    ("decline_reason", models.CharField(blank=True, max_length=300)),
                    ("said_name", models.CharField(blank=True, max_length=60, verbose_name="姓名")),
                    ("said_institution", models.CharField(blank=True, max_length=120, verbose_name="单位")),
                    ("said_title", models.CharField(blank=True, max_length=40, verbose_name="职称")),
                    ("is_senior", models.BooleanField(default=False, verbose_name="高级职称")),
                    ("same_field", models.BooleanField(default=False, verbose_name="同一研究领域")),
                    (
                        "tie",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("none", "没有师生、合作或亲属关系"),
                                ("supervisor", "导师或合作导师"),
                                ("colleague", "同一单位"),
                                ("coauthor", "合作研究"),
                                ("other", "其他关系"),
                            ],
                            max_length=12,
                            verbose_name="与申请人的关系",
                        ),
                    ),
                    ("letter", models.TextField(blank=True, verbose_name="推荐意见")),
                    ("application", models.ForeignKey(on_delete=models.CASCADE, related_name="referees", to="calls.application")),
                    (
                        "discipline",
                        models.ForeignKey(
                            on_delete=models.PROTECT, related_name="+", to="registry.discipline", verbose_name="研究领域"
                        ),
                    ),
                    ("person", models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="registry.person")),
                ],
                options={
                    "verbose_name": "推荐专家",
                    "ordering": ["id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(written_at__isnull=True) | Q(declined_at__isnull=True), name="referee_one_answer"
                        ),
                        models.CheckConstraint(
                            condition=Q(letter="", written_at__isnull=True)
                            | Q(written_at__isnull=False) & ~Q(letter="") & ~Q(said_name="") & ~Q(tie=""),
                            name="referee_letter_whole",
                        ),
                        models.UniqueConstraint(condition=~Q(email=""), fields=("application", "email"), name="referee_once"),
                        models.CheckConstraint(condition=Q(email__regex="^[!-@\\[-~]*$"), name="referee_address_normal"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Link",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("made_at", models.DateTimeField(default=now)),
                    ("expires_at", models.DateTimeField(verbose_name="有效至")),
                    ("revoked_at", models.DateTimeField(null=True, verbose_name="撤销")),
                    ("used_at", models.DateTimeField(null=True)),
                    (
                        "participant",
                        models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="links", to="calls.participant"),
                    ),
                    ("referee", models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="links", to="calls.referee")),
                ],
                options={
                    "verbose_name": "邀请链接",
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(participant__isnull=False, referee__isnull=True)
                            | Q(participant__isnull=True, referee__isnull=False),
                            name="link_of_one",
                        ),
                        models.UniqueConstraint(
                            condition=Q(revoked_at__isnull=True),
                            fields=("participant", "referee"),
                            name="link_one_live",
                            nulls_distinct=False,
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DocumentSignature",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("document", models.CharField(max_length=40)),
                    (
                        "party",
                        models.CharField(
                            choices=[
                                ("applicant", "申请人"),
                                ("member", "参与者"),
                                ("referee", "推荐专家"),
                                ("partner", "合作单位"),
                                ("host", "依托单位"),
                                ("recommender", "归口管理部门"),
                                ("expert", "评审专家"),
                            ],
                            max_length=12,
                            verbose_name="签署方",
                        ),
                    ),
                    ("name", models.CharField(max_length=120, verbose_name="签署人")),
                    ("signed_at", models.DateTimeField(default=now, verbose_name="签署时间")),
                    (
                        "account",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    ("agency", models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="registry.agency")),
                    (
                        "application",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="signatures", to="calls.application"),
                    ),
                    (
                        "organisation",
                        models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="registry.organisation"),
                    ),
                    ("person", models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="registry.person")),
                    ("text", models.ForeignKey(on_delete=models.PROTECT, related_name="signatures", to="calls.documenttext")),
                    (
                        "referee",
                        models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="signatures", to="calls.referee"),
                    ),
                ],
                options={
                    "verbose_name": "签署",
                    "ordering": ["signed_at", "id"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("application", "document", "party", "text", "person", "organisation", "agency", "referee"),
                            name="document_signature_once",
                            nulls_distinct=False,
                        ),
                        models.CheckConstraint(
                            condition=Q(
                                agency__isnull=True,
                                organisation__isnull=True,
                                party__in=["applicant", "member", "expert"],
                                person__isnull=False,
                                referee__isnull=True,
                            )
                            | Q(
                                agency__isnull=True,
                                organisation__isnull=False,
                                party__in=["partner", "host"],
                                person__isnull=True,
                                referee__isnull=True,
                            )
                            | Q(
                                agency__isnull=False,
                                organisation__isnull=True,
                                party="recommender",
                                person__isnull=True,
                                referee__isnull=True,
                            )
                            | Q(
                                agency__isnull=True,
                                organisation__isnull=True,
                                party="referee",
                                person__isnull=True,
                                referee__isnull=False,
                            ),
                            name="signature_on_one_part",
                        ),
                    ],
                },
            ),
        )
    ]
