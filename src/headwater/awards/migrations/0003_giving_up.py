"""Awards that were refused, the reasons of extensions and endings, and when their people were last reminded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("awards", "0002_closing"), ("calls", "0018_second_people")]

    operations = [
        migrations.AddField("award", "extension", models.TextField(blank=True, default="", verbose_name="延期签订的理由"), False),
        migrations.AddField("award", "ending", models.TextField(blank=True, default="", verbose_name="放弃或终止的理由"), False),
        migrations.AddField("award", "reminded_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "award",
            "state",
            models.CharField(
                choices=[
                    ("agreement", "签订任务书"),
                    ("running", "执行中"),
                    ("lapsed", "逾期未签，视为放弃"),
                    ("refused", "已放弃"),
                    ("closed", "已结题"),
                    ("terminated", "已终止"),
                ],
                default="agreement",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            "award",
            models.CheckConstraint(
                name="award_refused_with_reason", condition=~models.Q(state="refused") | ~models.Q(ending="")
            ),
        ),
    ]
