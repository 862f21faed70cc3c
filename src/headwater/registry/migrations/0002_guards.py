"""Keys by which every way of writing a name meets its record; of two records of one person a pointer, never a chain of them."""

from django.db import migrations

# Keys of names: without marks, dots, blanks, hyphens, case and width. A name of several words that holds no Chinese character has
# a key for each word to begin with, for given and family name come in either order.
NAME_KEYS = r"""
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
NO_NAME_KEYS = "DROP INDEX personname_keys; DROP INDEX person_name_keys; DROP FUNCTION registry_name_keys"

ONE_STEP = """
CREATE FUNCTION registry_merge_is_one_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE onwards bigint;
BEGIN
    -- Whoever merges the survivor away at the same time waits here, or makes this wait.
    SELECT merged_into_id INTO onwards FROM registry_person WHERE id = NEW.merged_into_id FOR NO KEY UPDATE;
    IF onwards IS NOT NULL THEN
        RAISE EXCEPTION 'headwater_merge: record % is itself merged into %', NEW.merged_into_id, onwards USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM registry_person WHERE merged_into_id = NEW.id) THEN
        RAISE EXCEPTION 'headwater_merge: other records are merged into record %', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER person_merge_is_one_step BEFORE INSERT OR UPDATE OF merged_into_id ON registry_person FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION registry_merge_is_one_step();
"""
NO_ONE_STEP = """
DROP TRIGGER person_merge_is_one_step ON registry_person;
DROP FUNCTION registry_merge_is_one_step();
"""


class Migration(migrations.Migration):
    replaces = [("registry", "0004_merged_records_and_sources")]
    dependencies = [("registry", "0001_tables")]
    operations = [migrations.RunSQL(NAME_KEYS, NO_NAME_KEYS), migrations.RunSQL(ONE_STEP, NO_ONE_STEP)]
