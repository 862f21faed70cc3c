"""Accounts, what they may do, and how that is changed."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.addresses import AddressField
from headwater.core.clock import now
from headwater.core.tables import CreateModels

ROLES = [
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
]
SCOPES = [("all", "全部"), ("organisation", "单位"), ("agency", "部门"), ("call", "申报批次"), ("panel", "会评组")]


class Migration(migrations.Migration):
    replaces = [("core", "0001_initial"), ("core", "0003_exports_and_tokens")]
    dependencies = []

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Account",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("password", models.CharField(max_length=128, verbose_name="password")),
                    ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                    ("username", models.CharField(max_length=150, unique=True, verbose_name="用户名")),
                    ("email", AddressField(blank=True, max_length=254, verbose_name="电子邮箱")),
                    ("name_zh", models.CharField(max_length=120, verbose_name="姓名")),
                    ("name_en", models.CharField(blank=True, max_length=160, verbose_name="英文姓名")),
                    ("is_active", models.BooleanField(default=True, verbose_name="启用")),
                    ("language", models.CharField(default="zh-hans", max_length=10, verbose_name="界面语言")),
                    ("created_at", models.DateTimeField(default=now)),
                    ("email_shared", models.BooleanField(db_default=False, default=False, verbose_name="与他人邮箱相同")),
                ],
                options={
                    "verbose_name": "账号",
                    "ordering": ["username"],
                    "constraints": [
                        models.CheckConstraint(condition=Q(email__regex="^[!-@\\[-~]*$"), name="account_address_normal"),
                        models.UniqueConstraint(
                            condition=~Q(email="") & Q(email_shared=False), fields=("email",), name="account_address_once"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RoleGrant",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("role", models.CharField(choices=ROLES, max_length=40, verbose_name="角色")),
                    ("scope", models.CharField(choices=SCOPES, default="all", max_length=20, verbose_name="范围")),
                    ("scope_id", models.BigIntegerField(blank=True, null=True)),
                    ("scope_label", models.CharField(blank=True, max_length=200)),
                    ("since", models.DateTimeField(default=now)),
                    ("until", models.DateTimeField(blank=True, null=True)),
                    (
                        "account",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="role_grants", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "granted_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "授权",
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(scope="all", scope_id__isnull=True) | ~Q(scope="all") & Q(scope_id__isnull=False),
                            name="role_grant_scope_has_id",
                        ),
                        models.UniqueConstraint(
                            condition=Q(until__isnull=True),
                            fields=("account", "role", "scope", "scope_id"),
                            name="role_grant_once",
                            nulls_distinct=False,
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="GrantProposal",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("role", models.CharField(choices=ROLES, max_length=40, verbose_name="角色")),
                    ("scope", models.CharField(choices=SCOPES, default="all", max_length=20, verbose_name="范围")),
                    ("scope_id", models.BigIntegerField(blank=True, null=True)),
                    ("scope_label", models.CharField(blank=True, max_length=200)),
                    ("proposed_at", models.DateTimeField(default=now, verbose_name="提出")),
                    ("expires_at", models.DateTimeField(verbose_name="有效至")),
                    ("approved_at", models.DateTimeField(null=True, verbose_name="核准")),
                    ("dropped_at", models.DateTimeField(null=True, verbose_name="不予核准")),
                    ("reason", models.CharField(blank=True, max_length=500, verbose_name="不予核准的理由")),
                    (
                        "account",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="grant_proposals", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "approved_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "grant",
                        models.OneToOneField(null=True, on_delete=models.SET_NULL, related_name="proposal", to="core.rolegrant"),
                    ),
                    (
                        "proposed_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "授权提议",
                    "ordering": ["-id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True)
                            | Q(proposed_by__isnull=True)
                            | ~Q(approved_by=F("proposed_by")),
                            name="grant_proposal_two_people",
                        ),
                        models.CheckConstraint(
                            condition=(Q(approved_by__isnull=True) | Q(account__isnull=True) | ~Q(approved_by=F("account")))
                            & (Q(proposed_by__isnull=True) | Q(account__isnull=True) | ~Q(proposed_by=F("account"))),
                            name="grant_proposal_not_own",
                        ),
                        models.CheckConstraint(
                            condition=Q(approved_at__isnull=True) | Q(dropped_at__isnull=True), name="grant_proposal_one_end"
                        ),
                        models.CheckConstraint(
                            condition=Q(scope="all", scope_id__isnull=True) | ~Q(scope="all") & Q(scope_id__isnull=False),
                            name="grant_proposal_scope_has_id",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="AddressChange",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("old", AddressField(blank=True, max_length=254, verbose_name="原邮箱")),
                    ("new", AddressField(blank=True, max_length=254, verbose_name="新邮箱")),
                    ("reason", models.CharField(max_length=500, verbose_name="理由")),
                    ("asked_at", models.DateTimeField(default=now, verbose_name="提出")),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("expires_at", models.DateTimeField(verbose_name="有效至")),
                    ("needs_approval", models.BooleanField(default=False, verbose_name="须安全管理员核准")),
                    ("confirmed_at", models.DateTimeField(null=True, verbose_name="新邮箱确认")),
                    ("approved_at", models.DateTimeField(null=True, verbose_name="核准")),
                    ("done_at", models.DateTimeField(null=True, verbose_name="生效")),
                    ("dropped_at", models.DateTimeField(null=True, verbose_name="作废")),
                    (
                        "account",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="address_changes", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "approved_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                    (
                        "asked_by",
                        models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "邮箱变更",
                    "ordering": ["-id"],
                    "constraints": [
                        models.CheckConstraint(condition=Q(old__regex="^[!-@\\[-~]*$"), name="address_change_old_normal"),
                        models.CheckConstraint(condition=Q(new__regex="^[!-@\\[-~]*$"), name="address_change_new_normal"),
                        models.CheckConstraint(condition=~Q(reason=""), name="address_change_reason"),
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True) | Q(asked_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                            name="address_change_two_people",
                        ),
                        models.CheckConstraint(
                            condition=Q(approved_by__isnull=True) | Q(account__isnull=True) | ~Q(approved_by=F("account")),
                            name="address_change_not_own",
                        ),
                        models.CheckConstraint(
                            condition=Q(done_at__isnull=True) | Q(new="") | Q(confirmed_at__isnull=False),
                            name="address_change_confirmed",
                        ),
                        models.CheckConstraint(
                            condition=Q(done_at__isnull=True) | Q(needs_approval=False) | Q(approved_at__isnull=False),
                            name="address_change_approved",
                        ),
                        models.UniqueConstraint(
                            condition=Q(done_at__isnull=True, dropped_at__isnull=True),
                            fields=("account",),
                            name="address_change_one_waiting",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="AccessToken",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=60, verbose_name="用途")),
                    ("hint", models.CharField(max_length=12)),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("scopes", models.JSONField(default=list, verbose_name="权限")),
                    ("created_at", models.DateTimeField(default=now, verbose_name="建立")),
                    ("expires_at", models.DateTimeField(verbose_name="有效至")),
                    ("last_used_at", models.DateTimeField(null=True, verbose_name="最近使用")),
                    ("revoked_at", models.DateTimeField(null=True, verbose_name="撤销")),
                    ("account", models.ForeignKey(on_delete=models.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    "verbose_name": "访问令牌",
                    "ordering": ["-id"],
                    "constraints": [
                        models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_ends_after_start")
                    ],
                },
            ),
            migrations.CreateModel(
                name="SignIn",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("session_key", models.CharField(max_length=40, unique=True)),
                    ("address", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                    ("agent", models.CharField(blank=True, max_length=200, verbose_name="浏览器")),
                    ("since", models.DateTimeField(default=now, verbose_name="登录")),
                    ("seen_at", models.DateTimeField(default=now, verbose_name="最近使用")),
                    (
                        "account",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="sign_ins", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "登录",
                    "ordering": ["-seen_at", "-id"],
                    "indexes": [models.Index(fields=["seen_at"], name="sign_in_seen")],
                },
            ),
            migrations.CreateModel(
                name="Notification",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("title", models.CharField(max_length=200)),
                    ("body", models.TextField(blank=True)),
                    ("url", models.CharField(blank=True, max_length=300)),
                    ("created_at", models.DateTimeField(default=now)),
                    ("read_at", models.DateTimeField(null=True)),
                    (
                        "account",
                        models.ForeignKey(on_delete=models.CASCADE, related_name="notifications", to=settings.AUTH_USER_MODEL),
                    ),
                ],
                options={
                    "verbose_name": "通知",
                    "ordering": ["-created_at", "-id"],
                    "indexes": [models.Index(fields=["account", "-id"], name="notification_account")],
                },
            ),
        )
    ]
