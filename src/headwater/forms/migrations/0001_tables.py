"""What is written about any subject: answers, versions, who has it open, words of a lost session, signatures."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from headwater.core.clock import now
from headwater.core.tables import CreateModels

# Words that were signed are kept once, under their digest, and never change.
WORDS = """
ALTER TABLE forms_signedtext ADD CONSTRAINT signed_text_digest CHECK (
    digest = encode(sha256(convert_to(title_zh || chr(31) || title_en || chr(31) || text_zh || chr(31) || text_en, 'UTF8')), 'hex'));
CREATE TRIGGER signed_text_stays BEFORE UPDATE OR DELETE ON forms_signedtext FOR EACH ROW EXECUTE FUNCTION core_append_only();
"""
NO_WORDS = """
DROP TRIGGER signed_text_stays ON forms_signedtext;
ALTER TABLE forms_signedtext DROP CONSTRAINT signed_text_digest;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("registry", "0004_addresses_have_one_form"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="SignedText",
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
                name="AnswerSheet",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("answers", models.JSONField(default=dict)),
                    ("revision", models.IntegerField(default=0)),
                    ("saved_at", models.DateTimeField(default=now)),
                ],
                options={
                    "verbose_name": "填写内容",
                    "constraints": [models.UniqueConstraint(fields=("subject_kind", "subject_id"), name="answers_once")],
                },
            ),
            migrations.CreateModel(
                name="Presence",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("at", models.DateTimeField()),
                    (
                        "account",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("subject_kind", "subject_id", "account"), name="present_once")
                    ]
                },
            ),
            migrations.CreateModel(
                name="Signature",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("document", models.CharField(max_length=40)),
                    ("party", models.CharField(max_length=12, verbose_name="签署方")),
                    ("name", models.CharField(max_length=120, verbose_name="签署人")),
                    ("signed_at", models.DateTimeField(default=now, verbose_name="签署时间")),
                    (
                        "account",
                        models.ForeignKey(
                            null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                    (
                        "agency",
                        models.ForeignKey(
                            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.agency"
                        ),
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
                    (
                        "text",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="forms.signedtext"
                        ),
                    ),
                ],
                options={
                    "verbose_name": "签署",
                    "ordering": ["signed_at", "id"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=(
                                "subject_kind",
                                "subject_id",
                                "document",
                                "party",
                                "text",
                                "person",
                                "organisation",
                                "agency",
                            ),
                            name="signed_once",
                            nulls_distinct=False,
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("agency__isnull", True), ("organisation__isnull", True), ("person__isnull", False)),
                                models.Q(("agency__isnull", True), ("organisation__isnull", False), ("person__isnull", True)),
                                models.Q(("agency__isnull", False), ("organisation__isnull", True), ("person__isnull", True)),
                                _connector="OR",
                            ),
                            name="signed_on_one_part",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Unsaved",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("section", models.CharField(max_length=40)),
                    ("body", models.TextField()),
                    ("at", models.DateTimeField()),
                    (
                        "account",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("subject_kind", "subject_id", "account", "section"), name="unsaved_words_once"
                        )
                    ]
                },
            ),
            migrations.CreateModel(
                name="Version",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("subject_kind", models.CharField(max_length=40)),
                    ("subject_id", models.BigIntegerField()),
                    ("kind", models.CharField(default="save", max_length=8)),
                    ("began_at", models.DateTimeField(default=now)),
                    ("at", models.DateTimeField(default=now)),
                    ("revision", models.IntegerField()),
                    ("before", models.JSONField(default=dict)),
                    ("clashes", models.JSONField(default=dict)),
                    ("digest", models.CharField(blank=True, max_length=64)),
                    ("beside", models.JSONField(default=dict)),
                    (
                        "author",
                        models.ForeignKey(
                            null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                ],
                options={
                    "verbose_name": "版本",
                    "ordering": ["id"],
                    "indexes": [models.Index(fields=["subject_kind", "subject_id", "id"], name="version_of_subject")],
                },
            ),
        ),
        migrations.RunSQL(WORDS, NO_WORDS),
    ]
