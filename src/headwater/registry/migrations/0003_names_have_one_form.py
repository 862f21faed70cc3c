"""Names that were stored before they had one form get it."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from headwater.core.names import normal_name

FIELDS = {"Person": ("name_zh", "name_en"), "PersonName": ("text",)}


def normalise(apps: Any, _editor: Any) -> None:
    for model, fields in FIELDS.items():
        changed = []
        rows = apps.get_model("registry", model).objects
        for row in rows.only(*fields).iterator(chunk_size=2000):
            new = {name: normal_name(getattr(row, name)) for name in fields}
            if any(value and value != getattr(row, name) for name, value in new.items()):
                for name, value in new.items():
                    setattr(row, name, value or getattr(row, name))
                changed.append(row)
        rows.bulk_update(changed, fields, batch_size=1000)


class Migration(migrations.Migration):
    replaces = [("registry", "0003_names")]
    dependencies = [("registry", "0002_guards")]
    operations = [migrations.RunPython(normalise, migrations.RunPython.noop, elidable=True)]
