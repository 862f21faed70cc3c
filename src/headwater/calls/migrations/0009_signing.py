"""Documents to sign with their exact words, signatures under them, referees, and links that identify an invitation."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock

FORWARD = """
ALTER TABLE calls_documenttext ADD CONSTRAINT document_text_digest CHECK (
    digest = encode(sha256(convert_to(title_zh || chr(31) || title_en || chr(31) || text_zh || chr(31) || text_en, 'UTF8')), 'hex'));
CREATE FUNCTION calls_words_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'headwater_words_stay: words that were signed are never changed or deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER document_text_stays BEFORE UPDATE OR DELETE ON calls_documenttext FOR EACH ROW EXECUTE FUNCTION calls_words_stay();
"""
BACKWARD = """
DROP TRIGGER document_text_stays ON calls_documenttext;
DROP FUNCTION calls_words_stay();
ALTER TABLE calls_documenttext DROP CONSTRAINT document_text_digest;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0008_words_of_outcomes"),
        ("registry", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                ("signed_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="签署时间")),
            ],
            options={"verbose_name": "签署", "ordering": ["signed_at", "id"]},
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
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(default=headwater.core.clock.now)),
                ("expires_at", models.DateTimeField(verbose_name="有效至")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="撤销")),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={"verbose_name": "邀请链接"},
        ),
        migrations.CreateModel(
            name="Referee",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="姓名")),
                ("institution", models.CharField(max_length=120, verbose_name="单位")),
                ("title", models.CharField(max_length=40, verbose_name="职称")),
                ("email", models.EmailField(max_length=254, verbose_name="电子邮箱")),
                ("invited_at", models.DateTimeField(default=headwater.core.clock.now)),
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
            ],
            options={"verbose_name": "推荐专家", "ordering": ["id"]},
        ),
        migrations.AddField(
            model_name="participant",
            name="decline_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="谢绝的理由"),
        ),
        migrations.AddField(model_name="participant", name="declined_at", field=models.DateTimeField(null=True)),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirmed_at__isnull", True), ("declined_at__isnull", True), _connector="OR"),
                name="participant_one_answer",
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="account",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="agency",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.agency"
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="signatures", to="calls.application"
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="organisation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.organisation"
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.person"
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="text",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="calls.documenttext"
            ),
        ),
        migrations.AddField(
            model_name="link",
            name="participant",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="links", to="calls.participant"
            ),
        ),
        migrations.AddField(
            model_name="referee",
            name="application",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="referees", to="calls.application"),
        ),
        migrations.AddField(
            model_name="referee",
            name="discipline",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.discipline", verbose_name="研究领域"
            ),
        ),
        migrations.AddField(
            model_name="referee",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="registry.person"
            ),
        ),
        migrations.AddField(
            model_name="link",
            name="referee",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="links", to="calls.referee"
            ),
        ),
        migrations.AddField(
            model_name="documentsignature",
            name="referee",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="signatures", to="calls.referee"
            ),
        ),
        migrations.AddConstraint(
            model_name="referee",
            constraint=models.UniqueConstraint(
                models.F("application"), django.db.models.functions.text.Lower("email"), name="referee_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="referee",
            constraint=models.CheckConstraint(
                condition=models.Q(("written_at__isnull", True), ("declined_at__isnull", True), _connector="OR"),
                name="referee_one_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="referee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("letter", ""), ("written_at__isnull", True)),
                    models.Q(
                        ("written_at__isnull", False),
                        models.Q(("letter", ""), _negated=True),
                        models.Q(("said_name", ""), _negated=True),
                        models.Q(("tie", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="referee_letter_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("participant__isnull", False), ("referee__isnull", True)),
                    models.Q(("participant__isnull", True), ("referee__isnull", False)),
                    _connector="OR",
                ),
                name="link_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=("participant", "referee"),
                name="link_one_live",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="documentsignature",
            constraint=models.UniqueConstraint(
                fields=("application", "document", "party", "text", "person", "organisation", "agency", "referee"),
                name="document_signature_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="documentsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("agency__isnull", True),
                        ("organisation__isnull", True),
                        ("party__in", ["applicant", "member", "expert"]),
                        ("person__isnull", False),
                        ("referee__isnull", True),
                    ),
                    models.Q(
                        ("agency__isnull", True),
                        ("organisation__isnull", False),
                        ("party__in", ["partner", "host"]),
                        ("person__isnull", True),
                        ("referee__isnull", True),
                    ),
                    models.Q(
                        ("agency__isnull", False),
                        ("organisation__isnull", True),
                        ("party", "recommender"),
                        ("person__isnull", True),
                        ("referee__isnull", True),
                    ),
                    models.Q(
                        ("agency__isnull", True),
                        ("organisation__isnull", True),
                        ("party", "referee"),
                        ("person__isnull", True),
                        ("referee__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="signature_on_one_part",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
