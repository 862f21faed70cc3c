"""Seal the second factors that are stored; backwards they are opened again."""

from django.db import migrations

from headwater.core.second_factor import open_text, seal_text, with_each_text


def change(apps, function):
    rows = list(apps.get_model("mfa", "Authenticator").objects.all())
    for row in rows:
        row.data = with_each_text(row.data, function)
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    replaces = [("core", "0009_sealed_second_factors")]
    dependencies = [("core", "0003_guards"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [
        migrations.RunPython(lambda apps, _editor: change(apps, seal_text), lambda apps, _editor: change(apps, open_text))
    ]
