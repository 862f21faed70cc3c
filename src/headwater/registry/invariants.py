from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant

invariant(
    "one_address",
    _("有账号的人，登记的邮箱与账号的邮箱相同"),
    """SELECT 'person ' || p.id || ' and account ' || a.id || ' have different addresses' FROM registry_person p
    JOIN core_account a ON a.id = p.account_id WHERE p.email <> a.email ORDER BY p.id""",
)
