"""A new series of numbers needs a sequence, which only the owner of the tables may make: the function does, for whoever calls it."""

from django.db import migrations

FORWARD = "ALTER FUNCTION calls_next_number(text) SECURITY DEFINER SET search_path = public, pg_temp"
BACKWARD = "ALTER FUNCTION calls_next_number(text) SECURITY INVOKER RESET search_path"


class Migration(migrations.Migration):
    dependencies = [("calls", "0021_addresses_have_one_form")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
