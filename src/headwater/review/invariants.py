from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant
from headwater.review.services.reasons import NOT_ON_PANEL

invariant(
    "no_conflicted_assignment",
    _("没有专家评审须回避的申请"),
    """SELECT 'assignment ' || a.id || ': expert ' || a.expert_id || ' / application ' || a.application_id || ' (' || c.kind || ')'
    FROM review_assignment a JOIN review_conflict c USING (application_id, expert_id)
    WHERE a.state IN ('proposed', 'invited', 'accepted', 'submitted') ORDER BY a.id""",
)
invariant(
    "no_assignment_in_own_entity",
    _("没有专家评审本单位的申请（按登记库重新计算）"),
    """WITH entity AS (SELECT id, CASE WHEN parent_id IS NOT NULL AND uscc = '' THEN parent_id ELSE id END AS legal FROM registry_organisation)
    SELECT 'assignment ' || a.id || ': expert ' || a.expert_id || ' and application ' || c.number || ' share a legal entity'
    FROM review_assignment a JOIN calls_application c ON c.id = a.application_id JOIN review_expert e ON e.id = a.expert_id
    JOIN registry_person p ON p.id = e.person_id JOIN entity x ON x.id = p.organisation_id JOIN entity h ON h.id = c.host_id
    WHERE x.legal = h.legal AND a.state IN ('proposed', 'invited', 'accepted') ORDER BY a.id""",
)
invariant(
    "load_within_limit",
    _("专家在一个批次中的评审项数不超过其上限"),
    """SELECT 'expert ' || e.id || ' holds ' || count(*) || ' of ' || e.max_load FROM review_assignment a
    JOIN review_expert e ON e.id = a.expert_id JOIN calls_application c ON c.id = a.application_id
    WHERE a.state IN ('proposed', 'invited', 'accepted', 'submitted') GROUP BY e.id, c.call_id HAVING count(*) > e.max_load""",
)
invariant(
    "votes_match_casts",
    _("每项的票数等于投票人数"),
    """SELECT 'panel item ' || i.id || ': ' || (i.yes + i.no + i.abstain) || ' votes, ' || count(b.id) || ' ballots'
    FROM review_panelitem i LEFT JOIN review_ballotcast b ON b.item_id = i.id
    GROUP BY i.id HAVING i.yes + i.no + i.abstain <> count(b.id)""",
)
invariant(
    "no_recused_ballot",
    _("须回避的组员没有投票"),
    """SELECT 'ballot ' || b.id FROM review_ballotcast b JOIN review_panelmember m ON m.id = b.member_id
    JOIN review_panelitem i ON i.id = b.item_id JOIN review_panel p ON p.id = i.panel_id
    JOIN review_conflict c ON c.application_id = i.application_id AND c.expert_id = m.expert_id AND c.found_at <= p.opened_at""",
)
invariant(
    "submitted_opinion_belongs_to_submitted_assignment",
    _("已提交的意见与指派状态一致"),
    """SELECT 'opinion ' || o.id FROM review_opinion o JOIN review_assignment a ON a.id = o.assignment_id
    WHERE (o.submitted_at IS NOT NULL) <> (a.state = 'submitted')""",
)
invariant(
    "departures_are_explained",
    _("与会议评审结果不一致的决定写明了理由"),
    """SELECT 'decision ' || d.id || ': ' || d.outcome || ' against ' || i.result || ' of a panel'
    FROM calls_decision d JOIN review_panelitem i ON i.application_id = d.application_id
    WHERE d.deviation = '' AND ((d.outcome = 'fund' AND i.result <> 'recommended')
        OR (d.outcome = 'refuse' AND i.result = 'recommended' AND NOT EXISTS (SELECT 1 FROM calls_noticerow n
            WHERE n.application_id = d.application_id))) ORDER BY d.id""",
)
invariant(
    "reviewed_in_its_time",
    _("没有在申报、审核和推荐截止之前发出的评审邀请（常年申报的除外）"),
    """SELECT 'assignment ' || x.id FROM review_assignment x JOIN calls_application a ON a.id = x.application_id
    JOIN calls_call c ON c.id = a.call_id JOIN calls_schemeversion s ON s.id = c.scheme_id
    WHERE x.invited_at < c.recommend_by AND s.definition -> 'scheme' ->> 'intake' IS DISTINCT FROM 'rolling'""",
)
invariant(
    "reasons_say_what_happened",
    _("经会议评审的申请，其理由和通知书不说未经会议评审；未经会议评审的不说会议评审"),
    f"""SELECT 'decision on ' || a.number FROM calls_decision d JOIN calls_application a ON a.id = d.application_id
    LEFT JOIN review_panelitem i ON i.application_id = a.id WHERE d.outcome = 'refuse' AND (
        (i.id IS NOT NULL AND d.reason LIKE '%{NOT_ON_PANEL}%')
        OR (i.id IS NULL AND (d.reason LIKE '经会议评审%' OR d.reason LIKE '会议评审%')))""",  # noqa: S608
)
invariant(
    "no_judgement_of_own_case",
    _("没有人评审、表决、审查或决定本人负责、参与、推荐或代表单位签署的申请"),
    # Close family is not looked at here: a tie that was put down later would speak against what was right then.
    """WITH part AS (
        SELECT a.id AS application, p.account_id AS account FROM calls_application a JOIN registry_person p ON p.id = a.leader_id
        UNION SELECT m.application_id, p.account_id FROM calls_participant m JOIN registry_person p ON p.id = m.person_id
        UNION SELECT r.application_id, p.account_id FROM calls_referee r JOIN registry_person p ON p.id = r.person_id
        UNION SELECT s.application_id, s.account_id FROM calls_documentsignature s WHERE s.party IN ('host', 'partner')),
    act AS (
        SELECT 'opinion ' || o.id AS what, a.application_id AS application, p.account_id AS account FROM review_opinion o
            JOIN review_assignment a ON a.id = o.assignment_id JOIN review_expert e ON e.id = a.expert_id
            JOIN registry_person p ON p.id = e.person_id WHERE o.submitted_at IS NOT NULL
        UNION ALL SELECT 'ballot ' || b.id, i.application_id, p.account_id FROM review_ballotcast b
            JOIN review_panelitem i ON i.id = b.item_id JOIN review_panelmember m ON m.id = b.member_id
            JOIN review_expert e ON e.id = m.expert_id JOIN registry_person p ON p.id = e.person_id
        UNION ALL SELECT 'proposal ' || id, application_id, proposed_by_id FROM calls_decision
        UNION ALL SELECT 'approval ' || id, application_id, approved_by_id FROM calls_decision
        UNION ALL SELECT 'check ' || id, application_id, decided_by_id FROM calls_formalcheck
        UNION ALL SELECT 'objection ' || o.id, r.application_id, o.answered_by_id FROM calls_objection o
            JOIN calls_noticerow r ON r.id = o.row_id)
    SELECT act.what || ' by account ' || account || ' on their own application ' || application FROM act
    JOIN part USING (application, account) ORDER BY 1""",
)
