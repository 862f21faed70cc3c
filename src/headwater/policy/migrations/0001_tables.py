"""Articles with their measures and targets, and the figures of indicators."""

from django.db import migrations, models

from headwater.core.tables import CreateModels


class Migration(migrations.Migration):
    replaces = [("policy", "0001_initial"), ("policy", "0002_time_of_figures")]
    dependencies = [("registry", "0001_tables")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Article",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("region", models.CharField(max_length=40)),
                    ("number", models.IntegerField(verbose_name="条")),
                    ("chapter", models.IntegerField()),
                    ("chapter_zh", models.CharField(max_length=120)),
                    ("chapter_en", models.CharField(max_length=200)),
                    ("title_zh", models.CharField(max_length=200)),
                    ("title_en", models.CharField(max_length=300)),
                    ("summary_zh", models.TextField()),
                    ("summary_en", models.TextField()),
                    ("agencies_open", models.BooleanField(default=False)),
                    ("fields", models.JSONField(default=list)),
                    ("agencies", models.ManyToManyField(related_name="articles", to="registry.agency")),
                ],
                options={
                    "verbose_name": "条款",
                    "ordering": ["number"],
                    "constraints": [models.UniqueConstraint(fields=("region", "number"), name="article_once")],
                },
            ),
            migrations.CreateModel(
                name="IndicatorValue",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=60)),
                    ("on", models.DateField()),
                    ("value", models.FloatField(null=True)),
                    ("rows", models.IntegerField(default=0)),
                    ("computed_at", models.DateTimeField(null=True)),
                ],
                options={"constraints": [models.UniqueConstraint(fields=("code", "on"), name="indicator_value_once")]},
            ),
            migrations.CreateModel(
                name="Measure",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=20)),
                    ("text_zh", models.TextField()),
                    ("text_en", models.TextField()),
                    ("article", models.ForeignKey(on_delete=models.CASCADE, related_name="measures", to="policy.article")),
                ],
                options={"verbose_name": "措施", "ordering": ["id"]},
            ),
            migrations.CreateModel(
                name="Target",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=20)),
                    ("text_zh", models.TextField()),
                    ("text_en", models.TextField()),
                    ("value", models.FloatField()),
                    ("value_max", models.FloatField(null=True)),
                    ("comparison", models.CharField(default="at_least", max_length=12)),
                    ("unit", models.CharField(blank=True, max_length=20)),
                    ("by", models.IntegerField(null=True)),
                    ("article", models.ForeignKey(on_delete=models.CASCADE, related_name="targets", to="policy.article")),
                ],
                options={"verbose_name": "目标", "ordering": ["id"]},
            ),
        )
    ]
