"""How often a job was begun: one that ends with its worker each time is not taken up for ever."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0007_parameter_labels")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="尝试次数"),
        )
    ]
