from django.db import migrations, models

from headwater.core.sounds import sounds


def fill(apps, schema_editor):
    entries = apps.get_model("core", "SearchEntry").objects
    rows = list(entries.only("pk", "title"))
    for row in rows:
        row.sounds = sounds(row.title)[:1200]
    entries.bulk_update(rows, ["sounds"], batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("core", "0009_mails_bring_meetings")]
    operations = [
        migrations.AddField("searchentry", "sounds", models.CharField(max_length=1200, default="", editable=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
