"""A member from outside the registry belongs to an institution that is no record here."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("calls", "0013_call_changes")]
    operations = [
        migrations.AlterField(
            model_name="participant",
            name="organisation",
            field=models.ForeignKey(
                null=True, on_delete=models.deletion.PROTECT, related_name="+", to="registry.organisation"
            ),
        ),
        migrations.AddField(
            model_name="participant",
            name="institution",
            field=models.CharField(blank=True, max_length=120, verbose_name="单位"),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(institution=""), name="participant_belongs_somewhere"
            ),
        ),
    ]
