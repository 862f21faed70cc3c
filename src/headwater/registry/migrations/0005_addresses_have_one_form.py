"""Addresses of people have one form; administrators are told of those that several people have."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F

import headwater.core.addresses
from headwater.core.readdressing import doubles, give_normal_form, settle, tell_administrators


def rewrite(apps, schema_editor):
    person = apps.get_model("registry", "Person")
    cleared = give_normal_form(person)
    differing = []
    for row in person.objects.filter(account__isnull=False).exclude(email=F("account__email")).select_related("account"):
        differing.append(f"{row.name_zh}（{row.pk}）：{row.email} / {row.account.email}")
        person.objects.filter(pk=row.pk).update(email=row.account.email)
    tell_administrators(apps, "登记库与账号的电子邮箱不同，现以账号为准，请核对", differing)
    names = dict(person.objects.filter(pk__in=[pk for pk, _text in cleared]).values_list("pk", "name_zh"))
    shared = [f"{a}：{'、'.join(person.objects.filter(email=a).values_list('name_zh', flat=True))}" for a in doubles(person)]
    tell_administrators(apps, "登记库中多人使用同一电子邮箱，请核对", shared)
    lines = [f"{names[pk]}（{pk}）：{text}" for pk, text in cleared]
    tell_administrators(apps, "登记库中不是电子邮箱的内容已清除，请更正", lines)
    settle()


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_addresses_have_one_form"),
        ("registry", "0004_merged_records_and_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="person",
            name="email",
            field=headwater.core.addresses.AddressField(blank=True, max_length=254, verbose_name="电子邮箱"),
        ),
        migrations.RunPython(rewrite, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__regex", "^[!-@\\[-~]*$")), name="person_address_normal"
            ),
        ),
    ]
