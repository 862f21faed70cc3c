"""Numbers of letters begin anew each year and leave no gaps; a letter to a host covers its notices; a refusal to fund can be re-checked.

What has a number keeps it. A series that had numbers before goes on after the last of them.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

import headwater.core.clock

SERIES = """
INSERT INTO calls_letterseries (mark, year, first, last)
SELECT part[1], part[2]::integer, max(part[3]::integer) + 1, max(part[3]::integer)
FROM (SELECT regexp_match(number, '^(.+)〔(\\d{4})〕(\\d+)号$') AS part FROM calls_letter) numbers
WHERE part IS NOT NULL AND length(part[1]) <= 20 GROUP BY 1, 2;
DROP SEQUENCE calls_letter_number;
"""
SEQUENCE = """
CREATE SEQUENCE calls_letter_number;
SELECT setval('calls_letter_number', greatest(1, coalesce(max(last), 1))) FROM calls_letterseries;
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("calls", "0006_second_discipline"),
        ("registry", "0007_papers"),
    ]
    operations = [
        migrations.CreateModel(
            "LetterSeries",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.CharField(max_length=20)),
                ("year", models.IntegerField()),
                ("first", models.IntegerField(default=1)),
                ("last", models.IntegerField()),
            ],
            {
                "verbose_name": "发文字号",
                "constraints": [
                    models.UniqueConstraint(fields=("mark", "year"), name="letter_series_once"),
                    models.CheckConstraint(condition=Q(last__gte=F("first") - 1), name="letter_series_forward"),
                ],
            },
        ),
        migrations.RunSQL(SERIES, SEQUENCE),
        migrations.CreateModel(
            "HostLetter",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=14, verbose_name="类型")),
                ("number", models.CharField(max_length=60, unique=True, verbose_name="文号")),
                ("body", models.JSONField()),
                ("issued_at", models.DateTimeField(default=headwater.core.clock.now)),
                (
                    "call",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="host_letters", to="calls.call"),
                ),
                (
                    "host",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.organisation"),
                ),
            ],
            {"verbose_name": "函", "ordering": ["-issued_at"]},
        ),
        migrations.AddField(
            "letter",
            "covering",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="letters", to="calls.hostletter"
            ),
        ),
        migrations.AddField("notice", "texts", models.JSONField(default=dict)),
        migrations.AddField("decision", "recheck_text", models.TextField(blank=True, default=""), False),
        migrations.AddField("decision", "recheck_at", models.DateTimeField(null=True)),
        migrations.AddField("decision", "recheck_answer", models.TextField(blank=True, default=""), False),
        migrations.AddField("decision", "recheck_answered_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "decision",
            "recheck_answered_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                name="decision_recheck_by_another",
                condition=Q(recheck_answered_by__isnull=True)
                | (
                    (Q(proposed_by__isnull=True) | ~Q(recheck_answered_by=F("proposed_by")))
                    & (Q(approved_by__isnull=True) | ~Q(recheck_answered_by=F("approved_by")))
                ),
            ),
        ),
    ]
