from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant, worked_out
from headwater.registry.works.checking import strange_claimants, strange_numbers

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
invariant(
    "work_merge_is_one_step",
    _("并入他条的成果指向现行记录，没有连环"),
    """SELECT 'work ' || w.id || ' is merged into ' || o.id || ', which is merged into ' || o.merged_into_id
    FROM registry_work w JOIN registry_work o ON o.id = w.merged_into_id WHERE o.merged_into_id IS NOT NULL""",
)
invariant(
    "work_claims_fit",
    _("一项成果的份额之和不超过 1，分享的各方不超过规定的个数，同一方只认领一次"),
    """SELECT 'work ' || coalesce(w.merged_into_id, w.id) || ': ' || count(*) || ' claims of ' || c.credit || ' by '
        || count(DISTINCT (c.subject_type, c.subject_id)) || ' claimants, shares ' || coalesce(sum(c.share)::text, '-')
    FROM registry_workclaim c JOIN registry_work w ON w.id = c.work_id WHERE c.state IN ('claimed', 'accepted')
    GROUP BY coalesce(w.merged_into_id, w.id), c.credit
    HAVING sum(c.share) > 1 OR count(*) > min(c.most) OR count(*) > count(DISTINCT (c.subject_type, c.subject_id))""",
)
worked_out("work_claimants_exist", _("认领成果的记录存在，且属于可以认领的种类"), strange_claimants)
worked_out("work_numbers_are_normal", _("成果编号都是其规定的写法"), strange_numbers)
