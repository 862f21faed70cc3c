"""Two records of one person: a pointer, never a chain of them. Works and ties say where they come from."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

FORWARD = """
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
BACKWARD = """
DROP TRIGGER person_merge_is_one_step ON registry_person;
DROP FUNCTION registry_merge_is_one_step();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_names")]

    operations = [
        migrations.AddField(
            "person",
            "merged_into",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="registry.person",
                verbose_name="并入",
            ),
        ),
        migrations.AddField("person", "merge_reason", models.CharField("合并的依据", blank=True, max_length=300)),
        migrations.AddField("publication", "doi", models.CharField("DOI", blank=True, max_length=200)),
        migrations.AddField("publication", "source", models.CharField("来源", blank=True, max_length=120)),
        migrations.AddField("relation", "source", models.CharField("来源", blank=True, max_length=120)),
        migrations.AddConstraint(
            "person",
            models.CheckConstraint(
                name="person_merge_reason",
                condition=Q(merged_into__isnull=True, merge_reason="") | (Q(merged_into__isnull=False) & ~Q(merge_reason="")),
            ),
        ),
        migrations.AddConstraint(
            "person",
            models.CheckConstraint(
                name="person_not_merged_into_itself", condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk"))
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
