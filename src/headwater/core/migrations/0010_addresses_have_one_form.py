"""Addresses have one form; changes of addresses and grants of sensitive roles take two people; people see their sessions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import headwater.core.addresses
import headwater.core.clock
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
    dependencies = [("account", "0009_emailaddress_unique_primary_email"), ("core", "0009_sealed_second_factors")]

    operations = [
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old", headwater.core.addresses.AddressField(blank=True, max_length=254, verbose_name="原邮箱")),
                ("new", headwater.core.addresses.AddressField(blank=True, max_length=254, verbose_name="新邮箱")),
                ("reason", models.CharField(max_length=500, verbose_name="理由")),
                ("asked_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="提出")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField(verbose_name="有效至")),
                ("needs_approval", models.BooleanField(default=False, verbose_name="须安全管理员核准")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="新邮箱确认")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="核准")),
                ("done_at", models.DateTimeField(null=True, verbose_name="生效")),
                ("dropped_at", models.DateTimeField(null=True, verbose_name="作废")),
            ],
            options={"verbose_name": "邮箱变更", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="GrantProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("applicant", "申请人"),
                            ("host_manager", "依托单位管理员"),
                            ("recommender", "归口管理部门"),
                            ("expert", "评审专家"),
                            ("programme_officer", "项目主管"),
                            ("panel_chair", "会评组长"),
                            ("committee", "基金委员会"),
                            ("finance_officer", "财务主管"),
                            ("integrity_officer", "科研诚信主管"),
                            ("agency_liaison", "部门联络员"),
                            ("leadership", "分管领导"),
                            ("system_admin", "系统管理员"),
                            ("security_admin", "安全管理员"),
                            ("audit_admin", "审计管理员"),
                        ],
                        max_length=40,
                        verbose_name="角色",
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("all", "全部"),
                            ("organisation", "单位"),
                            ("agency", "部门"),
                            ("call", "申报批次"),
                            ("panel", "评审组"),
                        ],
                        default="all",
                        max_length=20,
                        verbose_name="范围",
                    ),
                ),
                ("scope_id", models.BigIntegerField(blank=True, null=True)),
                ("scope_label", models.CharField(blank=True, max_length=200)),
                ("proposed_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="提出")),
                ("expires_at", models.DateTimeField(verbose_name="有效至")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="核准")),
                ("dropped_at", models.DateTimeField(null=True, verbose_name="不予核准")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="不予核准的理由")),
            ],
            options={"verbose_name": "授权提议", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("address", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("agent", models.CharField(blank=True, max_length=200, verbose_name="浏览器")),
                ("since", models.DateTimeField(default=headwater.core.clock.now, verbose_name="登录")),
                ("seen_at", models.DateTimeField(default=headwater.core.clock.now, verbose_name="最近使用")),
            ],
            options={"verbose_name": "登录", "ordering": ["-seen_at", "-id"]},
        ),
        migrations.AddField(
            model_name="account",
            name="email_shared",
            field=models.BooleanField(db_default=False, default=False, verbose_name="与他人邮箱相同"),
        ),
        migrations.AlterField(
            model_name="account",
            name="email",
            field=headwater.core.addresses.AddressField(blank=True, max_length=254, verbose_name="电子邮箱"),
        ),
        migrations.AlterField(model_name="outboxmail", name="to", field=headwater.core.addresses.AddressField(max_length=254)),
        migrations.RunPython(rewrite, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__regex", "^[!-@\\[-~]*$")), name="account_address_normal"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("email", ""), _negated=True), ("email_shared", False)),
                fields=("email",),
                name="account_address_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmail",
            constraint=models.CheckConstraint(condition=models.Q(("to__regex", "^[!-@\\[-~]*$")), name="outbox_address_normal"),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="address_changes", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="approved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="asked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="grantproposal",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="grant_proposals", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="grantproposal",
            name="approved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="grantproposal",
            name="grant",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="proposal", to="core.rolegrant"
            ),
        ),
        migrations.AddField(
            model_name="grantproposal",
            name="proposed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="signin",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="sign_ins", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(("old__regex", "^[!-@\\[-~]*$")), name="address_change_old_normal"
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(("new__regex", "^[!-@\\[-~]*$")), name="address_change_new_normal"
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="address_change_reason"),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    ("asked_by__isnull", True),
                    models.Q(("approved_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="address_change_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    ("account__isnull", True),
                    models.Q(("approved_by", models.F("account")), _negated=True),
                    _connector="OR",
                ),
                name="address_change_not_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at__isnull", True), ("new", ""), ("confirmed_at__isnull", False), _connector="OR"),
                name="address_change_confirmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("done_at__isnull", True), ("needs_approval", False), ("approved_at__isnull", False), _connector="OR"
                ),
                name="address_change_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True), ("dropped_at__isnull", True)),
                fields=("account",),
                name="address_change_one_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    ("proposed_by__isnull", True),
                    models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="grant_proposal_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_by__isnull", True),
                        ("account__isnull", True),
                        models.Q(("approved_by", models.F("account")), _negated=True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("proposed_by__isnull", True),
                        ("account__isnull", True),
                        models.Q(("proposed_by", models.F("account")), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="grant_proposal_not_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved_at__isnull", True), ("dropped_at__isnull", True), _connector="OR"),
                name="grant_proposal_one_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", "all"), ("scope_id__isnull", True)),
                    models.Q(models.Q(("scope", "all"), _negated=True), ("scope_id__isnull", False)),
                    _connector="OR",
                ),
                name="grant_proposal_scope_has_id",
            ),
        ),
        migrations.AddIndex(model_name="signin", index=models.Index(fields=["seen_at"], name="sign_in_seen")),
    ]
