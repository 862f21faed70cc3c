from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant

invariant(
    "merge_is_one_step",
    _("并入他人的记录指向现行记录，没有连环"),
    """SELECT 'person ' || p.id || ' is merged into ' || o.id || ', which is merged into ' || o.merged_into_id
    FROM registry_person p JOIN registry_person o ON o.id = p.merged_into_id WHERE o.merged_into_id IS NOT NULL""",
)
invariant(
    "one_address",
    _("有账号的人，登记的邮箱与账号的邮箱相同"),
    """SELECT 'person ' || p.id || ' and account ' || a.id || ' have different addresses' FROM registry_person p
    JOIN core_account a ON a.id = p.account_id WHERE p.email <> a.email ORDER BY p.id""",
)
