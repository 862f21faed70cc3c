from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant

invariant(
    "merge_is_one_step",
    _("并入他人的记录指向现行记录，没有连环"),
    """SELECT 'person ' || p.id || ' is merged into ' || o.id || ', which is merged into ' || o.merged_into_id
    FROM registry_person p JOIN registry_person o ON o.id = p.merged_into_id WHERE o.merged_into_id IS NOT NULL""",
)
