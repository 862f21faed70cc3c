"""What publications held is brought into the form of works: titles by language, years, DOIs as identifiers, names as printed."""

from django.db import migrations

TITLES = """
UPDATE registry_work SET title_en = title_zh, title_zh = ''
    WHERE title_zh !~ E'[\u2e80-\u2fdf\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]';
UPDATE registry_work SET title_zh = '—' WHERE title_zh = '' AND title_en = '';
UPDATE registry_work SET year = NULL WHERE year NOT BETWEEN 1500 AND 2199;
UPDATE registry_work SET issued = year::text WHERE year IS NOT NULL;
UPDATE registry_work SET origin = 'imported' WHERE source LIKE '导入%';
"""
# Of two records with one DOI the later points to the earlier: nothing is moved, and it can be taken back.
NUMBERS = r"""
CREATE TEMPORARY TABLE doi_of ON COMMIT DROP AS
    SELECT id, lower(regexp_replace(btrim(doi), '^(https?://)?(dx\.)?doi\.org/|^doi\s*:\s*', '', 'i')) AS doi
    FROM registry_work WHERE btrim(doi) <> '';
UPDATE registry_work w SET merged_into_id = first.id, merge_reason = 'DOI ' || d.doi FROM doi_of d
    JOIN (SELECT doi, min(id) AS id FROM doi_of GROUP BY doi) first USING (doi) WHERE w.id = d.id AND w.id <> first.id;
INSERT INTO registry_workidentifier (work_id, scheme, value)
    SELECT min(id), CASE WHEN doi ~ '^10\.\d{4,9}/\S+$' THEN 'doi' ELSE 'other' END, doi FROM doi_of GROUP BY doi;
"""
NAMES = """
UPDATE registry_workauthor a SET name = coalesce(nullif(p.name_zh, ''), nullif(p.name_en, ''), '—')
    FROM registry_person p WHERE p.id = a.person_id;
UPDATE registry_workauthor a SET position = place.n FROM (
    SELECT id, row_number() OVER (PARTITION BY work_id ORDER BY position, id) AS n FROM registry_workauthor) place
    WHERE place.id = a.id AND place.n <> a.position;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_works")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (TITLES, NUMBERS, NAMES)]
