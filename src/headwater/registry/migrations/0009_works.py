"""One table of works: publications become works of a kind, their authors stand as printed, identifiers and claims have tables."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.clock

TEXTS = (
    ("volume", "卷", 40),
    ("issue", "期", 40),
    ("pages", "页码", 60),
    ("publisher", "出版或发布单位", 200),
    ("language", "语种", 8),
    ("issued", "发表日期", 10),
    ("title_en", "英文题名", 500),
    ("merge_reason", "合并的依据", 300),
)


def account(label=None):
    options = {"verbose_name": label} if label else {}
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, **options
    )


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_outlines_frame"), ("core", "__first__")]

    operations = [
        migrations.RemoveConstraint("authorship", "authorship_once"),
        migrations.RenameModel("Publication", "Work"),
        migrations.RenameModel("Authorship", "WorkAuthor"),
        migrations.RenameField("workauthor", "publication", "work"),
        migrations.RenameField("work", "authors", "people"),
        migrations.RenameField("work", "title", "title_zh"),
        migrations.AlterModelOptions("work", {"verbose_name": "成果"}),
        migrations.AlterModelOptions("workauthor", {"verbose_name": "成果作者", "ordering": ["position"]}),
        migrations.AlterField(
            "work", "people", models.ManyToManyField(related_name="works", through="registry.WorkAuthor", to="registry.person")
        ),
        migrations.AlterField("work", "title_zh", models.CharField("题名", max_length=500, blank=True)),
        migrations.AlterField("work", "year", models.IntegerField("年份", null=True)),
        migrations.AlterField("work", "venue", models.CharField("刊物", max_length=300, blank=True)),
        migrations.AlterField("work", "abstract", models.TextField("摘要", blank=True)),
        migrations.AlterField("work", "keywords", models.CharField("关键词", max_length=500, blank=True)),
        migrations.AddField("work", "kind", models.CharField("类别", max_length=20, default="paper"), False),
        *(
            migrations.AddField("work", name, models.CharField(label, max_length=most, blank=True, default=""), False)
            for name, label, most in TEXTS
        ),
        *(
            migrations.AddField(
                "work",
                name,
                django.contrib.postgres.fields.ArrayField(
                    models.CharField(max_length=most), blank=True, default=list, size=None, verbose_name=label
                ),
            )
            for name, label, most in (("marked", "标注的单位", 200), ("numbers", "标注的项目编号", 80))
        ),
        migrations.AddField(
            "work",
            "origin",
            models.CharField(
                "录入方式",
                max_length=10,
                choices=[("typed", "手工填写"), ("imported", "导入"), ("report", "随报告提交")],
                default="typed",
            ),
        ),
        migrations.AddField("work", "entered_by", account("录入人")),
        migrations.AddField("work", "entered_at", models.DateTimeField("录入时间", default=headwater.core.clock.now)),
        migrations.AddField("work", "revision", models.IntegerField(default=1)),
        migrations.AddField(
            "work",
            "merged_into",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="registry.work",
                verbose_name="并入",
            ),
        ),
        migrations.AddField("workauthor", "name", models.CharField("署名", max_length=200, default=""), False),
        migrations.AddField(
            "workauthor", "organisation", models.CharField("署名单位", max_length=200, blank=True, default=""), False
        ),
        migrations.AlterField("workauthor", "position", models.IntegerField("作者排序", default=1)),
        migrations.AlterField(
            "workauthor",
            "work",
            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="authors", to="registry.work"),
        ),
        migrations.AlterField(
            "workauthor",
            "person",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="authorships",
                to="registry.person",
                verbose_name="人员",
            ),
        ),
        migrations.CreateModel(
            name="WorkIdentifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scheme", models.CharField("编号种类", max_length=20)),
                ("value", models.CharField("编号", max_length=200)),
                (
                    "work",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="identifiers", to="registry.work"
                    ),
                ),
            ],
            options={"verbose_name": "成果编号", "ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="WorkClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_type", models.CharField(max_length=40)),
                ("subject_id", models.BigIntegerField()),
                ("credit", models.CharField(max_length=20)),
                ("share", models.DecimalField("份额", max_digits=5, decimal_places=4, null=True)),
                ("most", models.SmallIntegerField(null=True)),
                ("counts_on", models.DateField("计入日期")),
                ("evidence", models.CharField("依据", max_length=500, blank=True)),
                (
                    "state",
                    models.CharField(
                        "状态",
                        max_length=10,
                        choices=[("claimed", "待确认"), ("accepted", "已确认"), ("refused", "未确认"), ("withdrawn", "已撤回")],
                        default="claimed",
                    ),
                ),
                ("claimed_at", models.DateTimeField("认领时间", default=headwater.core.clock.now)),
                ("answered_at", models.DateTimeField("确认时间", null=True)),
                ("reason", models.CharField("理由", max_length=500, blank=True)),
                ("claimed_by", account("认领人")),
                ("answered_by", account("确认人")),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.storedfile",
                        verbose_name="附件",
                    ),
                ),
                (
                    "work",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="registry.work"),
                ),
            ],
            options={"verbose_name": "成果认领", "ordering": ["id"]},
        ),
    ]
