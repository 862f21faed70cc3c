"""The agencies of an article are told in the order of its text, the lead department first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0002_evidence_is_data")]

    operations = [migrations.AddField(model_name="article", name="agency_order", field=models.JSONField(default=list))]
