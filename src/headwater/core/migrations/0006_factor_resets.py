"""Second factors that are removed because their holders lost them."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from headwater.core.clock import now


class Migration(migrations.Migration):
    dependencies = [("core", "0005_addresses_have_one_form")]

    operations = [
        migrations.CreateModel(
            name="FactorReset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500, verbose_name="理由")),
                ("asked_at", models.DateTimeField(default=now, verbose_name="提出")),
                ("expires_at", models.DateTimeField(verbose_name="有效至")),
                ("needs_approval", models.BooleanField(default=False, verbose_name="须另一位管理员核准")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="核准")),
                ("done_at", models.DateTimeField(null=True, verbose_name="生效")),
                ("dropped_at", models.DateTimeField(null=True, verbose_name="作废")),
                (
                    "account",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="factor_resets", to=settings.AUTH_USER_MODEL),
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
                "verbose_name": "重置第二因素",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(condition=~Q(reason=""), name="factor_reset_reason"),
                    models.CheckConstraint(
                        condition=Q(approved_by__isnull=True) | Q(asked_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                        name="factor_reset_two_people",
                    ),
                    models.CheckConstraint(
                        condition=(Q(approved_by__isnull=True) | Q(account__isnull=True) | ~Q(approved_by=F("account")))
                        & (Q(asked_by__isnull=True) | Q(account__isnull=True) | ~Q(asked_by=F("account"))),
                        name="factor_reset_not_own",
                    ),
                    models.CheckConstraint(
                        condition=Q(done_at__isnull=True) | Q(needs_approval=False) | Q(approved_at__isnull=False),
                        name="factor_reset_approved",
                    ),
                    models.UniqueConstraint(
                        condition=Q(done_at__isnull=True, dropped_at__isnull=True),
                        fields=("account",),
                        name="factor_reset_one_waiting",
                    ),
                ],
            },
        )
    ]
