"""An office gives its own templates of papers; what was last taken into use holds."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock


class Migration(migrations.Migration):
    dependencies = [("calls", "0007_papers"), ("core", "0010_sounds"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="PaperTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=60)),
                ("paper", models.CharField(max_length=10, verbose_name="公文")),
                ("scheme", models.CharField(blank=True, max_length=60, verbose_name="项目类型")),
                ("put_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="上传时间")),
                ("used_at", models.DateTimeField(null=True, verbose_name="启用时间")),
                (
                    "file",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.storedfile"
                    ),
                ),
                (
                    "put_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "公文模板",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["region", "paper", "scheme"], name="template_of_paper")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("paper__in", ["letter", "covering", "notice"])), name="template_known_paper"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("file__isnull", False), ("used_at__isnull", False), _connector="OR"),
                        name="template_without_file_is_used",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("used_at__isnull", True), ("used_at__gte", models.F("put_at")), _connector="OR"),
                        name="template_used_later",
                    ),
                ],
            },
        )
    ]
