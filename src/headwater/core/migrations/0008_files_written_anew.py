"""The digest of a file as it was sent, where what is kept was written anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0007_roles_for_entries")]

    operations = [
        migrations.AddField(
            model_name="storedfile", name="sent_sha256", field=models.CharField(blank=True, db_default="", max_length=64)
        )
    ]
