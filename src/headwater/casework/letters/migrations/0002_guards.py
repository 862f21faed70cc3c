"""A letter that was written never changes."""

from django.db import migrations

KEPT = """
CREATE TRIGGER case_letter_kept BEFORE UPDATE OR DELETE ON letters_caseletter FOR EACH ROW EXECUTE FUNCTION core_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_tables"), ("core", "0011_approvals")]
    operations = [migrations.RunSQL(KEPT, "DROP TRIGGER case_letter_kept ON letters_caseletter;")]
