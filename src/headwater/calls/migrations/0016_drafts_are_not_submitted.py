"""An application that is back with its author is not submitted: what is changed in it since is nobody else's to read."""

from django.db import migrations

FORWARD = "UPDATE calls_application SET submitted_at = NULL WHERE state = 'draft' AND submitted_at IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("calls", "0015_not_endorsed")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
