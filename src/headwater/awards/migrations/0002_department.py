"""The third party of an agreement is the department, whatever it is called in the region."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("awards", "0001_tables")]

    operations = [
        migrations.AlterField(
            model_name="signature",
            name="party",
            field=models.CharField(
                choices=[("leader", "负责人"), ("host", "依托单位"), ("department", "主管部门")], max_length=12
            ),
        )
    ]
