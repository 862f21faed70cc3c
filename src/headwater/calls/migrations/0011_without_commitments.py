"""Commitments and open keys of members are gone: documents and links have taken their place."""

from django.db import migrations

# Going back, every member gets a key of their own again.
KEYS = """ALTER TABLE calls_participant ADD COLUMN token varchar(40) NOT NULL UNIQUE
    DEFAULT replace(gen_random_uuid()::text, '-', '');
ALTER TABLE calls_participant ALTER COLUMN token DROP DEFAULT;"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0010_commitments_become_documents")]
    operations = [
        migrations.DeleteModel(name="Commitment"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("ALTER TABLE calls_participant DROP COLUMN token", KEYS)],
            state_operations=[migrations.RemoveField(model_name="participant", name="token")],
        ),
    ]
