"""Addresses of referees get their one form; of two that differed only in theirs, the later one asks the applicant anew."""

from django.db import migrations
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from headwater.core.readdressing import give_normal_form, settle


def rewrite(apps, schema_editor):
    referee = apps.get_model("calls", "Referee")
    give_normal_form(referee)
    place = Window(RowNumber(), partition_by=[F("application"), F("email")], order_by=F("pk").asc())
    later = [row.pk for row in referee.objects.exclude(email="").annotate(place=place) if row.place > 1]
    referee.objects.filter(pk__in=later).update(email="")
    settle()


class Migration(migrations.Migration):
    replaces = [("calls", "0021_addresses_have_one_form")]
    dependencies = [("calls", "0004_guards")]
    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
