"""The document and the figures that speak for its articles come from the region package."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="PolicyDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=40, unique=True)),
                ("code", models.CharField(max_length=60)),
                ("title_zh", models.CharField(max_length=200)),
                ("title_en", models.CharField(max_length=300)),
                ("notice_zh", models.CharField(blank=True, max_length=300)),
                ("notice_en", models.CharField(blank=True, max_length=400)),
                ("headline", models.JSONField(default=list)),
            ],
            options={"verbose_name": "政策文件"},
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60)),
                ("indicator", models.CharField(max_length=60)),
                ("only", models.JSONField(default=dict)),
                ("label_zh", models.CharField(max_length=60)),
                ("label_en", models.CharField(max_length=100)),
                ("note_zh", models.CharField(blank=True, max_length=200)),
                ("note_en", models.CharField(blank=True, max_length=300)),
                ("at_least", models.FloatField(null=True)),
                ("at_most", models.FloatField(null=True)),
                ("by", models.IntegerField(null=True)),
                (
                    "article",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="policy.article"),
                ),
            ],
            options={
                "verbose_name": "证据",
                "ordering": ["article__number", "id"],
                "constraints": [models.UniqueConstraint(fields=("article", "code"), name="evidence_once")],
            },
        ),
    ]
