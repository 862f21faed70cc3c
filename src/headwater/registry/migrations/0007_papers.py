"""What official papers name: the office that signs, and of an institution its account, representative, address and Mongolian name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_sounds")]
    operations = [
        migrations.AddField("region", "office", models.JSONField(default=dict)),
        migrations.AddField("region", "notice_mark", models.CharField(max_length=20, blank=True, default=""), False),
        *(
            migrations.AddField("organisation", name, models.CharField(label, max_length=most, blank=True, default=""), False)
            for name, label, most in (
                ("name_mn", "蒙古文名称", 300),
                ("address", "通信地址", 200),
                ("legal_representative", "法定代表人", 60),
                ("bank", "开户银行", 120),
                ("bank_account", "银行账号", 40),
            )
        ),
    ]
