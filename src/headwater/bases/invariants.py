"""What must hold of what stands beside bases, counted again from the tables."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant

invariant(
    "fixed_staff_once",
    _("一个人同一时间只是一个实验室的固定人员，合并的人员记录合并计算"),
    """SELECT 'person ' || coalesce(p.merged_into_id, p.id) || ' at ' || a.entry_id || ' and ' || b.entry_id
    FROM bases_baseperson a JOIN registry_person p ON p.id = a.person_id
    JOIN registry_person q ON coalesce(q.merged_into_id, q.id) = coalesce(p.merged_into_id, p.id)
    JOIN bases_baseperson b ON b.person_id = q.id AND b.id > a.id AND b.entry_id <> a.entry_id
    WHERE a.kind = 'fixed' AND b.kind = 'fixed' AND a.once AND b.once
        AND daterange(a.since, a.until) && daterange(b.since, b.until)""",
)
invariant(
    "people_of_ended_bases",
    _("已终止的基地没有在岗人员"),
    """SELECT b.number || ' ' || p.id FROM bases_baseperson p JOIN bases_base b ON b.id = p.entry_id
    WHERE b."group" = 'ended' AND p.until IS NULL ORDER BY b.number""",
)
invariant(
    "months_of_a_year",
    _("一个人一年的在岗月数合计不超过 12"),
    """SELECT 'person ' || p.person_id || ' ' || m.year || ': ' || sum(m.months) FROM bases_personmonths m
    JOIN bases_baseperson p ON p.id = m.row_id WHERE p.person_id IS NOT NULL
    GROUP BY p.person_id, m.year HAVING sum(m.months) > 12""",
)
