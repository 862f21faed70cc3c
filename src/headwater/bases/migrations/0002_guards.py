from django.db import migrations

from headwater.registers.triggers import triggers_of


class Migration(migrations.Migration):
    dependencies = [("bases", "0001_tables"), ("registers", "0002_guards")]
    operations = [migrations.RunSQL(*triggers_of("bases_base"))]
