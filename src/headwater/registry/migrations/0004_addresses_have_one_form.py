"""Addresses of people get their one form, and administrators are told of those that several people have."""

from django.db import migrations
from django.db.models import F

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
    replaces = [("registry", "0005_addresses_have_one_form")]
    dependencies = [("registry", "0003_names_have_one_form")]
    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
