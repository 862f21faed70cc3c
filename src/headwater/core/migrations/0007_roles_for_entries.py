"""A role can be limited to one entry of a kind; which roles there are is asked of the register, not written into the tables."""

from django.db import migrations, models

import headwater.core.roles


class Migration(migrations.Migration):
    dependencies = [("core", "0006_factor_resets")]

    operations = [
        migrations.RemoveConstraint(model_name="rolegrant", name="role_grant_once"),
        migrations.AddField(
            model_name="grantproposal",
            name="scope_kind",
            field=models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="条目种类"),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="scope_kind",
            field=models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="条目种类"),
        ),
        migrations.AlterField(
            model_name="grantproposal",
            name="role",
            field=models.CharField(choices=headwater.core.roles.role_choices, max_length=40, verbose_name="角色"),
        ),
        migrations.AlterField(
            model_name="grantproposal",
            name="scope",
            field=models.CharField(
                choices=[
                    ("all", "全部"),
                    ("organisation", "单位"),
                    ("agency", "部门"),
                    ("call", "申报批次"),
                    ("panel", "会评组"),
                    ("entry", "条目"),
                ],
                default="all",
                max_length=20,
                verbose_name="范围",
            ),
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(choices=headwater.core.roles.role_choices, max_length=40, verbose_name="角色"),
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="scope",
            field=models.CharField(
                choices=[
                    ("all", "全部"),
                    ("organisation", "单位"),
                    ("agency", "部门"),
                    ("call", "申报批次"),
                    ("panel", "会评组"),
                    ("entry", "条目"),
                ],
                default="all",
                max_length=20,
                verbose_name="范围",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", "entry"), ("scope_kind__gt", "")),
                    models.Q(models.Q(("scope", "entry"), _negated=True), ("scope_kind", "")),
                    _connector="OR",
                ),
                name="grant_proposal_entry_has_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", "entry"), ("scope_kind__gt", "")),
                    models.Q(models.Q(("scope", "entry"), _negated=True), ("scope_kind", "")),
                    _connector="OR",
                ),
                name="role_grant_entry_has_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until__isnull", True)),
                fields=("account", "role", "scope", "scope_kind", "scope_id"),
                name="role_grant_once",
                nulls_distinct=False,
            ),
        ),
    ]
