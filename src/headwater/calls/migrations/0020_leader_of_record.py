"""The limit of one live application a year counts persons, whichever of their records applied."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

FORWARD = """
CREATE FUNCTION calls_leader_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The lock waits for a merge under way, and a merge for it: none can miss the other's row.
    SELECT coalesce(merged_into_id, id) INTO NEW.leader_of_record_id FROM registry_person WHERE id = NEW.leader_id FOR SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER application_leader_of_record BEFORE INSERT OR UPDATE OF leader_id, leader_of_record_id ON calls_application
    FOR EACH ROW EXECUTE FUNCTION calls_leader_of_record();

CREATE FUNCTION calls_merged_leader() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calls_application SET leader_of_record_id = coalesce(NEW.merged_into_id, NEW.id) WHERE leader_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER person_merged_leader AFTER UPDATE OF merged_into_id ON registry_person FOR EACH ROW
    WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id) EXECUTE FUNCTION calls_merged_leader();
"""
BACKWARD = """
DROP TRIGGER person_merged_leader ON registry_person;
DROP FUNCTION calls_merged_leader();
DROP TRIGGER application_leader_of_record ON calls_application;
DROP FUNCTION calls_leader_of_record();
"""
FILL = "UPDATE calls_application SET leader_of_record_id = leader_id"
SUBMITTED = ~Q(state__in=["draft", "expired", "not_endorsed", "withdrawn"])


def limit(record: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=[record, "limit_group", "limit_year"],
        condition=SUBMITTED,
        name="application_one_live_per_year",
        violation_error_message="同一申请人同一年度只能申报一项",
    )


class Migration(migrations.Migration):
    dependencies = [("calls", "0019_objections_are_confirmed"), ("registry", "0004_merged_records_and_sources")]

    operations = [
        migrations.AddField(
            "application",
            "leader_of_record",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.person",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveConstraint("application", "application_one_live_per_year"),
        migrations.AddConstraint("application", limit("leader_of_record")),
    ]
