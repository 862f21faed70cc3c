"""Addresses that an older installation kept get their one form, and administrators are told of those that several accounts have.

A new database holds to the form from its first day, and one that was there before has this behind it: the function stays as
the word on how rows are rewritten whose form nobody checked.
"""

from django.db import migrations

from headwater.core.readdressing import doubles, give_normal_form, settle, tell_administrators


def rewrite(apps, schema_editor):
    """Accounts, mails that wait or were sent, and what the library of accounts keeps itself."""
    account = apps.get_model("core", "Account")
    names = dict(account.objects.values_list("pk", "username"))
    cleared = [f"{names[pk]}：{text}" for pk, text in give_normal_form(account)]
    give_normal_form(apps.get_model("core", "OutboxMail"), "to")
    apps.get_model("account", "EmailAddress").objects.all().delete()  # never used: the address of an account is its own
    shared = doubles(account)
    account.objects.filter(email__in=shared).update(email_shared=True)
    lines = [f"{a}：{'、'.join(account.objects.filter(email=a).values_list('username', flat=True))}" for a in shared]
    tell_administrators(apps, "多个账号使用同一电子邮箱，请更正", lines)
    tell_administrators(apps, "账号中不是电子邮箱的内容已清除，请更正", cleared)
    settle()


class Migration(migrations.Migration):
    replaces = [("core", "0010_addresses_have_one_form")]
    dependencies = [("account", "0009_emailaddress_unique_primary_email"), ("core", "0004_seal_second_factors")]
    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
