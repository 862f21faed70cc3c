"""Names in one form, and keys by which every way of writing one meets its record."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from headwater.core.names import normal_name

# Keys of names: without marks, dots, blanks, hyphens, case and width. A name of several words that holds no Chinese character has
# a key for each word to begin with, for given and family name come in either order.
FUNCTION = r"""
CREATE FUNCTION registry_name_keys(VARIADIC names text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT key ORDER BY key), '{}')
    FROM unnest(names) AS name,
        LATERAL (SELECT translate(lower(regexp_replace(normalize(name, NFKD),
            E'[\u0300-\u036f\u00ad\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff''\u2018\u2019\u02bc`\u2010-\u2015-]',
            '', 'g')), 'АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯӨҮҺҚҒҢӘІЇЄ', 'абвгдежзиклмнопрстуфхцчшщъыьэюяөүһқғңәіїє') AS text) AS plain,
        LATERAL (SELECT regexp_split_to_array(btrim(regexp_replace(plain.text,
            E'[\\s.,;\u00b7\u0387\u16eb\u2022\u2023\u2027\u2218\u2219\u22c5\u2e30\u2e31\u2e33\u30fb\ua78f]+', ' ', 'g')), ' ')
            AS list) AS words,
        generate_series(1, CASE WHEN plain.text ~ E'[\u2e80-\u2fdf\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]' THEN 1
            ELSE least(cardinality(words.list), 6) END) AS first,
        LATERAL (SELECT array_to_string(words.list[first:] || words.list[:first - 1], '') AS key) AS made
    WHERE key <> ''
$$;
CREATE INDEX person_name_keys ON registry_person USING gin (registry_name_keys(name_zh, name_en));
CREATE INDEX personname_keys ON registry_personname USING gin (registry_name_keys(text));
"""
UNDO = "DROP INDEX personname_keys; DROP INDEX person_name_keys; DROP FUNCTION registry_name_keys"
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
    dependencies = [("registry", "0002_standing")]

    operations = [
        migrations.RunPython(normalise, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(FUNCTION, UNDO),
    ]
