"""Counters of the API's rate limit: unlogged, since a count that is lost with a crash does no harm."""

from django.db import migrations

FORWARD = """
CREATE UNLOGGED TABLE core_rate (key varchar(100) NOT NULL, slot bigint NOT NULL, used integer NOT NULL, PRIMARY KEY (key, slot));
"""
BACKWARD = "DROP TABLE core_rate;"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_exports_and_tokens")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
