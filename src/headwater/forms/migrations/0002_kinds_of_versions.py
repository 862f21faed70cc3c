from django.db import migrations, models

KINDS = [("save", "保存"), ("restore", "恢复"), ("fill", "预填"), ("submit", "提交"), ("return", "退回"), ("withdraw", "撤回")]


class Migration(migrations.Migration):
    dependencies = [("forms", "0001_tables")]

    operations = [migrations.AlterField("version", "kind", models.CharField(choices=KINDS, default="save", max_length=8))]
