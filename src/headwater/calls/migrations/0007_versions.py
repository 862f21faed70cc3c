"""Versions of applications; who has a draft open; what was typed when a session was over. One function gives an application's content."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock

FORWARD = """
CREATE FUNCTION calls_content(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(a.answers || jsonb_build_object(
        'title_zh', a.title_zh, 'title_en', a.title_en, 'abstract_zh', a.abstract_zh, 'abstract_en', a.abstract_en,
        'keywords_zh', a.keywords_zh, 'keywords_en', a.keywords_en, 'research_class', a.research_class,
        'priority_field', a.priority_field, 'topic', a.topic, 'amount_fen', a.amount_fen, 'months', a.months,
        'starts_on', a.starts_on, 'flags', a.flags, 'unsuitable', a.unsuitable,
        'discipline', (SELECT code FROM registry_discipline d WHERE d.id = a.discipline_id)))
    FROM calls_application a WHERE a.id = wanted
$$;
CREATE FUNCTION calls_digest(content jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_strip_nulls(content)::text, 'UTF8')), 'hex')
$$;
CREATE FUNCTION calls_beside(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'members', (SELECT coalesce(jsonb_agg(p.name_zh || '（' || o.name_zh || '）' ORDER BY m.id), '[]') FROM calls_participant m
            JOIN registry_person p ON p.id = m.person_id JOIN registry_organisation o ON o.id = m.organisation_id
            WHERE m.application_id = wanted),
        'files', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'name', f.name, 'sha256', f.sha256) ORDER BY t.id), '[]')
            FROM calls_attachment t JOIN core_storedfile f ON f.id = t.file_id WHERE t.application_id = wanted))
$$;
"""
BACKWARD = "DROP FUNCTION calls_beside(bigint); DROP FUNCTION calls_digest(jsonb); DROP FUNCTION calls_content(bigint);"


class Migration(migrations.Migration):
    dependencies = [("calls", "0006_schemes_as_data"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="participant", name="may_edit", field=models.BooleanField(default=False, verbose_name="可编辑")
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="present", to="calls.application"
                    ),
                ),
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
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "application",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="calls.application"),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("application", "account", "section"), name="unsaved_once")]},
        ),
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
                ("began_at", models.DateTimeField(default=headwater.core.clock.now)),
                ("at", models.DateTimeField(default=headwater.core.clock.now)),
                ("revision", models.IntegerField()),
                ("before", models.JSONField(default=dict)),
                ("clashes", models.JSONField(default=dict)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("beside", models.JSONField(default=dict)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="calls.application",
                    ),
                ),
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
                "indexes": [models.Index(fields=["application", "id"], name="version_of_application")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
