"""A region says by which of its levels it is counted and what it cites, keeps its outlines beside it and may group its places."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_addresses_have_one_form")]

    operations = [
        migrations.CreateModel(
            name="PlaceGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, unique=True, verbose_name="代码")),
                ("name_zh", models.CharField(max_length=200, verbose_name="名称")),
                ("name_en", models.CharField(blank=True, max_length=300, verbose_name="英文名称")),
                ("places", models.JSONField(default=list)),
                ("order", models.IntegerField(default=0)),
            ],
            options={"verbose_name": "区划分组", "ordering": ["order"]},
        ),
        migrations.RemoveField(model_name="region", name="map"),
        migrations.AddField(model_name="region", name="bases", field=models.JSONField(default=dict)),
        migrations.AddField(
            model_name="region",
            name="place",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.place"
            ),
        ),
        migrations.AddField(model_name="region", name="places_en", field=models.CharField(blank=True, max_length=60)),
        migrations.AddField(model_name="region", name="places_level", field=models.CharField(blank=True, max_length=12)),
        migrations.AddField(model_name="region", name="places_zh", field=models.CharField(blank=True, max_length=40)),
        migrations.AlterField(
            model_name="agency",
            name="kind",
            field=models.CharField(
                choices=[
                    ("government", "政府"),
                    ("department", "厅局"),
                    ("committee", "委员会"),
                    ("local", "地方科技主管部门"),
                    ("group", "一组机构"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Outlines",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("shapes", models.JSONField()),
                ("source", models.CharField(max_length=200)),
                ("licence", models.CharField(max_length=60)),
                (
                    "region",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outlines", to="registry.region"
                    ),
                ),
            ],
            options={"verbose_name": "区划轮廓"},
        ),
    ]
