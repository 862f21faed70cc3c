"""The text of a mail with a key in it is dropped once it is sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_uploads")]

    operations = [
        migrations.AddField(model_name="outboxmail", name="forget", field=models.BooleanField(db_default=False, default=False))
    ]
