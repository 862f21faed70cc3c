from django.db import migrations

from headwater.core.sounds import SoundsField, sounds


def fill(apps, schema_editor):
    for name in ("Person", "Organisation"):
        records = apps.get_model("registry", name).objects
        rows = list(records.only("pk", "name_zh"))
        for row in rows:
            row.name_sounds = sounds(row.name_zh)[:400]
        records.bulk_update(rows, ["name_sounds"], batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_places_are_data")]
    operations = [
        migrations.AddField("person", "name_sounds", SoundsField(of="name_zh", db_index=True)),
        migrations.AddField("organisation", "name_sounds", SoundsField(of="name_zh", db_index=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
