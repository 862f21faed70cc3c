"""A form is kept as it was when something was filed by it; rows never change."""

from django.db import migrations, models

from headwater.core.tables import CreateModels

KEPT = """
ALTER TABLE forms_formtext ADD CONSTRAINT form_text_digest CHECK (
    digest = encode(sha256(convert_to(definition, 'UTF8')), 'hex'));
CREATE TRIGGER form_text_stays BEFORE UPDATE OR DELETE ON forms_formtext FOR EACH ROW EXECUTE FUNCTION core_append_only();
"""
NOT_KEPT = """
DROP TRIGGER form_text_stays ON forms_formtext;
ALTER TABLE forms_formtext DROP CONSTRAINT form_text_digest;
"""


class Migration(migrations.Migration):
    dependencies = [("forms", "0002_kinds_of_versions")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="FormText",
                fields=[
                    ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ("definition", models.TextField()),
                ],
                options={"verbose_name": "表单原文"},
            )
        ),
        migrations.RunSQL(KEPT, NOT_KEPT),
    ]
