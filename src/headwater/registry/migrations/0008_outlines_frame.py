from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_papers")]
    operations = [migrations.AddField("outlines", "frame", models.JSONField(default=list))]
