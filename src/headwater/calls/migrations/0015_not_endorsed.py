"""An application that its host does not endorse ends there, and holds no place of a limit."""

from django.db import migrations, models
from django.db.models import Q

OUTSIDE = ["draft", "expired", "not_endorsed", "withdrawn"]


class Migration(migrations.Migration):
    dependencies = [("calls", "0014_members_from_outside")]
    operations = [
        migrations.AlterField(
            model_name="application",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "填报中"),
                    ("host_review", "单位审核"),
                    ("recommending", "归口推荐"),
                    ("received", "形式审查"),
                    ("not_accepted", "不予受理"),
                    ("recheck", "复审中"),
                    ("accepted", "已受理"),
                    ("invited", "邀请正式申报"),
                    ("in_review", "通讯评审"),
                    ("reviewed", "评审完成"),
                    ("panel", "会议评审"),
                    ("proposed", "拟通过"),
                    ("not_proposed", "拟不通过"),
                    ("publicity", "公示中"),
                    ("objection", "异议处理"),
                    ("approved", "已通过"),
                    ("rejected", "未通过"),
                    ("withdrawn", "已撤回"),
                    ("expired", "逾期未报"),
                    ("not_endorsed", "不予报送"),
                ],
                default="draft",
                max_length=14,
                verbose_name="状态",
            ),
        ),
        migrations.RemoveConstraint(model_name="application", name="application_one_live_per_year"),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=~Q(state__in=OUTSIDE),
                fields=("leader", "limit_group", "limit_year"),
                name="application_one_live_per_year",
                violation_error_message="同一申请人同一年度只能申报一项",
            ),
        ),
        migrations.RemoveConstraint(model_name="application", name="application_submitted_has_number"),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=Q(state__in=OUTSIDE) | ~Q(number=""), name="application_submitted_has_number"
            ),
        ),
    ]
