"""A decision that departs from its panel holds a coded reason and words; what the system once wrote of itself is told as unstated."""

from django.db import migrations, models
from django.db.models import Q

CODES = [
    ("budget", "年度预算所限"),
    ("balance", "领域、地区或单位的均衡"),
    ("priority", "政策规定的优先支持"),
    ("duplicate", "与在研项目重复"),
    ("conditions", "实施条件有变"),
    ("integrity", "科研诚信核查"),
    ("other", "其他非学术原因"),
    ("unstated", "旧记录，未说明"),
]
FORWARD = "UPDATE calls_decision SET deviation = 'unstated' WHERE deviation <> ''"
BACKWARD = "UPDATE calls_decision SET deviation = 'budget_balance' WHERE deviation = 'unstated'"


class Migration(migrations.Migration):
    dependencies = [("calls", "0016_drafts_are_not_submitted")]
    operations = [
        migrations.AddField(
            model_name="decision", name="deviation_words", field=models.TextField(blank=True, default="", verbose_name="偏离理由说明")
        ),
        migrations.AlterField(
            model_name="decision", name="deviation_words", field=models.TextField(blank=True, verbose_name="偏离理由说明")
        ),
        migrations.AlterField(
            model_name="decision",
            name="deviation",
            field=models.CharField(blank=True, choices=CODES, max_length=60, verbose_name="偏离会评意见的理由"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=Q(deviation__in=["", "unstated"]) | ~Q(deviation_words=""), name="decision_deviation_said"
            ),
        ),
    ]
