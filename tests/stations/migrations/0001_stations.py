from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            "Station",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name_zh", models.CharField(max_length=100)),
                ("name_en", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(choices=[("building", "建设中"), ("open", "运行中")], default="building", max_length=20),
                ),
                ("opened_on", models.DateField(null=True)),
                ("inspect_by", models.DateTimeField(null=True)),
            ],
        )
    ]
