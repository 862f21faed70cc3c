"""Addresses of referees have one form; of two that differed only in theirs, the later one asks the applicant anew."""

from django.db import migrations, models
from django.db.models import F, Window
from django.db.models.functions import RowNumber

import headwater.core.addresses
from headwater.core.readdressing import give_normal_form, settle


def rewrite(apps, schema_editor):
    referee = apps.get_model("calls", "Referee")
    give_normal_form(referee)
    place = Window(RowNumber(), partition_by=[F("application"), F("email")], order_by=F("pk").asc())
    later = [row.pk for row in referee.objects.exclude(email="").annotate(place=place) if row.place > 1]
    referee.objects.filter(pk__in=later).update(email="")
    settle()


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_addresses_have_one_form"),
        ("calls", "0020_leader_of_record"),
        ("registry", "0005_addresses_have_one_form"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="referee", name="referee_once"),
        migrations.AlterField(
            model_name="referee",
            name="email",
            field=headwater.core.addresses.AddressField(max_length=254, verbose_name="电子邮箱"),
        ),
        migrations.RunPython(rewrite, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="referee",
            constraint=models.UniqueConstraint(
                condition=models.Q(("email", ""), _negated=True), fields=("application", "email"), name="referee_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="referee",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__regex", "^[!-@\\[-~]*$")), name="referee_address_normal"
            ),
        ),
    ]
