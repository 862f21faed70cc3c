import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="EarlierProject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, verbose_name="编号")),
                ("scheme", models.CharField(max_length=60, verbose_name="项目类型")),
                (
                    "role",
                    models.CharField(choices=[("leader", "负责人"), ("member", "参与者")], max_length=10, verbose_name="角色"),
                ),
                ("approved_on", models.DateField(verbose_name="立项日期")),
                ("ends_on", models.DateField(verbose_name="结束日期")),
                ("months", models.IntegerField(verbose_name="执行期（月）")),
                ("closed", models.BooleanField(null=True, verbose_name="已结题")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="earlier_projects", to="registry.person"
                    ),
                ),
            ],
            options={
                "verbose_name": "以往项目",
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=["person", "number"], name="earlier_project_once"),
                    models.CheckConstraint(condition=Q(months__gt=0), name="earlier_project_months"),
                    models.CheckConstraint(condition=Q(ends_on__gt=F("approved_on")), name="earlier_project_term"),
                ],
            },
        ),
        migrations.AddField(
            model_name="sanction",
            name="document",
            field=models.CharField(blank=True, max_length=100, verbose_name="处理决定文号"),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.UniqueConstraint(
                condition=~Q(document=""), fields=("person", "document", "scope"), name="sanction_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="titleheld", constraint=models.UniqueConstraint(fields=("person", "title"), name="title_once")
        ),
    ]
