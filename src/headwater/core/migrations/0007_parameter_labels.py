"""A region may say what it calls a parameter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_outbox_forgets")]

    operations = [
        migrations.AddField(model_name="parameter", name="label_en", field=models.CharField(blank=True, max_length=80)),
        migrations.AddField(model_name="parameter", name="label_zh", field=models.CharField(blank=True, max_length=60)),
    ]
