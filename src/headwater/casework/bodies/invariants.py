from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from headwater.casework.bodies.models import Body, SittingItem
from headwater.casework.records import lost
from headwater.core.invariants import invariant, worked_out

invariant(
    "body_votes_match_ballots",
    _("会议每项的票数等于投票人数；记名的逐票相符"),
    """SELECT 'item ' || i.id || ': ' || (i.yes + i.no + i.abstain) || ' votes, ' || count(b.id) || ' ballots'
    FROM bodies_sittingitem i LEFT JOIN bodies_ballot b ON b.item_id = i.id
    GROUP BY i.id HAVING i.yes + i.no + i.abstain <> count(b.id) OR (i.ballot = 'open' AND (
        i.yes <> count(b.id) FILTER (WHERE b.choice = 'yes') OR i.no <> count(b.id) FILTER (WHERE b.choice = 'no')))""",
)
invariant(
    "body_ballots_are_allowed",
    _("会议投票人到会、有表决权、没有回避；无记名的不记录所投"),
    """SELECT 'ballot ' || b.id FROM bodies_ballot b JOIN bodies_sittingitem i ON i.id = b.item_id
    JOIN bodies_bodymember m ON m.id = b.member_id
    LEFT JOIN bodies_attendance a ON a.sitting_id = i.sitting_id AND a.member_id = b.member_id
    LEFT JOIN bodies_recusal r ON r.item_id = b.item_id AND r.member_id = b.member_id
    WHERE a.present IS NOT TRUE OR m.post = 'secretary' OR i.ballot = 'none' OR (i.ballot = 'secret') <> (b.choice = '')
        OR r.id IS NOT NULL""",
)
invariant(
    "held_sittings_had_a_quorum",
    _("已召开的会议各项都有结果，到会人数达到法定人数"),
    """SELECT 'sitting ' || s.id FROM bodies_sitting s JOIN bodies_attendance a ON a.sitting_id = s.id
        JOIN bodies_bodymember m ON m.id = a.member_id AND m.post <> 'secretary'
    WHERE s.state = 'held' GROUP BY s.id, s.quorum HAVING
        CASE WHEN s.quorum LIKE '>=%' THEN count(*) FILTER (WHERE a.present) * split_part(substr(s.quorum, 3), '/', 2)::int
                < count(*) * split_part(substr(s.quorum, 3), '/', 1)::int
            ELSE count(*) FILTER (WHERE a.present) * split_part(substr(s.quorum, 2), '/', 2)::int
                <= count(*) * split_part(substr(s.quorum, 2), '/', 1)::int END
    UNION ALL SELECT 'item ' || i.id FROM bodies_sittingitem i JOIN bodies_sitting s ON s.id = i.sitting_id
    WHERE (s.state = 'held') <> (i.result <> '')""",
)
invariant(
    "dissolved_bodies_have_no_seats",
    _("已解散的评议组织没有在任成员和待开的会议"),
    """SELECT 'body ' || b.id FROM bodies_body b WHERE b.state = 'dissolved' AND (
        EXISTS (SELECT 1 FROM bodies_bodymember m WHERE m.body_id = b.id AND (m.until IS NULL OR m.until > b.until))
        OR EXISTS (SELECT 1 FROM bodies_sitting s WHERE s.body_id = b.id AND s.state IN ('called', 'in_session')))""",
)


worked_out("bodies_about_what_is_there", _("评议组织和议题所针对的对象存在"), lambda: lost((Body, "body"), (SittingItem, "item")))
