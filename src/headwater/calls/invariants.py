from django.utils.translation import gettext_lazy as _

from headwater.calls.completeness import unsigned_submissions
from headwater.calls.staff_work import staff_at_work
from headwater.calls.states import UNSUBMITTED
from headwater.core.invariants import invariant, worked_out

invariant(
    "call_within_budget",
    _("各批次决定的金额不超过预算"),
    """SELECT 'call ' || c.code || ': ' || sum(d.amount_fen) || ' fen decided, ' || c.budget_fen || ' fen in the budget'
    FROM calls_decision d JOIN calls_call c ON c.id = d.call_id
    WHERE d.outcome = 'fund' AND d.freed_at IS NULL
    GROUP BY c.id HAVING sum(d.amount_fen) > c.budget_fen""",
)
invariant(
    "decision_matches_state",
    _("申请状态与决定一致"),
    """SELECT 'application ' || a.number || ' is ' || a.state || ', its decision is ' || coalesce(d.outcome, 'absent')
    FROM calls_application a LEFT JOIN calls_decision d ON d.application_id = a.id
    WHERE (a.state IN ('proposed', 'publicity', 'objection', 'approved') AND d.outcome IS DISTINCT FROM 'fund')
        OR (a.state IN ('not_proposed') AND d.outcome IS DISTINCT FROM 'refuse')""",
)
invariant(
    "state_matches_events",
    _("申请状态等于其事件的最后一次转换"),
    """SELECT 'application ' || a.id || ' is ' || a.state || ', its last event says ' || (e.after ->> 'state') FROM calls_application a
    JOIN LATERAL (SELECT after FROM core_event WHERE subject_type = 'calls.application' AND subject_id = a.id AND after ? 'state'
        ORDER BY id DESC LIMIT 1) e ON true WHERE e.after ->> 'state' <> a.state""",
)
invariant(
    "submitted_before_deadline",
    _("没有逾期提交的申请"),
    """SELECT 'application ' || a.number FROM calls_application a JOIN calls_call c ON c.id = a.call_id
    WHERE a.submitted_at >= c.closes_at AND a.state NOT IN ('draft', 'withdrawn', 'expired', 'not_endorsed')""",
)
invariant(
    "host_within_quota",
    _("各依托单位报送数不超过限额"),
    """SELECT o.name_zh || ': ' || count(*) || ' of ' || q.quota FROM calls_application a JOIN calls_hostquota q
        ON q.call_id = a.call_id AND q.organisation_id = a.host_id JOIN registry_organisation o ON o.id = a.host_id
    WHERE a.state NOT IN ('draft', 'host_review', 'withdrawn', 'expired', 'not_endorsed') GROUP BY o.id, q.id HAVING count(*) > q.quota""",
)
invariant(
    "members_confirmed",
    _("已报送的申请中参与者均已确认"),
    """SELECT 'participant ' || p.id || ' of ' || a.number FROM calls_participant p JOIN calls_application a ON a.id = p.application_id
    WHERE p.confirmed_at IS NULL AND a.state NOT IN ('draft', 'host_review', 'withdrawn', 'expired', 'not_endorsed', 'not_accepted', 'recheck')""",
)
invariant(
    "objection_suspends",
    _("处于异议处理的申请有未处理的异议"),
    """SELECT 'application ' || a.number FROM calls_application a WHERE a.state = 'objection' AND NOT EXISTS (
        SELECT 1 FROM calls_objection o JOIN calls_noticerow r ON r.id = o.row_id WHERE r.application_id = a.id AND o.state IN ('open', 'proposed', 'upheld'))""",
)
invariant(
    "versions_lead_back",
    _("由现在的内容倒推各版本，得到提交时的内容"),
    """WITH back AS (
        SELECT s.id, s.application_id, s.digest, s.at, coalesce((
            SELECT jsonb_object_agg(k.key, k.value ORDER BY v.id DESC) FROM calls_version v, jsonb_each(v.before) k
            WHERE v.application_id = s.application_id AND v.id > s.id), '{}') AS undone
        FROM calls_version s WHERE s.kind = 'submit')
    SELECT 'application ' || application_id || ' as submitted at ' || at || ' cannot be worked out' FROM back
    WHERE calls_digest(calls_content(application_id) || undone) <> digest""",
)
invariant(
    "decision_money_of_scheme",
    _("决定的金额与项目类型是否给予经费一致"),
    """SELECT 'decision on ' || a.number || ': ' || d.amount_fen || ' fen' FROM calls_decision d
    JOIN calls_application a ON a.id = d.application_id JOIN calls_call c ON c.id = d.call_id
    JOIN calls_schemeversion s ON s.id = c.scheme_id
    WHERE d.outcome = 'fund' AND (d.amount_fen > 0) <> coalesce(s.definition -> 'scheme' -> 'asks' ? 'amount', true)""",
)
invariant(
    "words_match_digest",
    _("签署文本与其校验码一致"),
    """SELECT 'text ' || digest FROM calls_documenttext WHERE digest <> encode(sha256(convert_to(
        title_zh || chr(31) || title_en || chr(31) || text_zh || chr(31) || text_en, 'UTF8')), 'hex')""",
)
invariant(
    "rule_results_kept",
    _("形式审查引用的每条规则结果都有原文且与其校验码一致"),
    """SELECT 'check of application ' || c.application_id || ' names ' || d FROM calls_formalcheck c, unnest(c.result_digests) d
    WHERE NOT EXISTS (SELECT 1 FROM calls_ruleresult r WHERE r.digest = d)
    UNION ALL SELECT 'result ' || digest FROM calls_ruleresult
    WHERE digest <> encode(substr(sha256(convert_to(text, 'UTF8')), 1, 16), 'hex')::uuid""",
)
invariant(
    "decided_in_its_time",
    _("没有在申报、审核和推荐截止之前提出的决定（常年申报的除外）"),
    """SELECT 'decision on ' || a.number FROM calls_decision d JOIN calls_application a ON a.id = d.application_id
    JOIN calls_call c ON c.id = d.call_id JOIN calls_schemeversion s ON s.id = c.scheme_id
    WHERE d.proposed_at < c.recommend_by AND s.definition -> 'scheme' ->> 'intake' IS DISTINCT FROM 'rolling'""",
)
invariant(
    "finished_call_has_ended",
    _("已办结的批次中没有未结束的申请或公示"),
    """SELECT 'application ' || a.number || ' is ' || a.state FROM calls_application a JOIN calls_call c ON c.id = a.call_id
    WHERE c.state = 'finished' AND a.state NOT IN
        ('not_accepted', 'withdrawn', 'expired', 'not_endorsed', 'invited', 'approved', 'rejected')
    UNION ALL SELECT 'notice ' || n.id FROM calls_notice n JOIN calls_call c ON c.id = n.call_id
    WHERE c.state = 'finished' AND n.closed_at IS NULL""",
)
invariant(
    "letters_without_gaps",
    _("各年度各类发文字号从第一号起连续，没有空号和重号"),
    """WITH numbers AS (SELECT regexp_match(number, '^(.+)〔(\\d{4})〕(\\d+)号$') AS part FROM (
        SELECT number FROM calls_letter UNION ALL SELECT number FROM calls_hostletter) papers)
    SELECT s.mark || '〔' || s.year || '〕: ' || count(n.part) || ' letters, numbers ' || s.first || ' to ' || s.last
    FROM calls_letterseries s LEFT JOIN numbers n
        ON n.part[1] = s.mark AND n.part[2]::integer = s.year AND n.part[3]::integer BETWEEN s.first AND s.last
    GROUP BY s.id HAVING count(n.part) <> s.last - s.first + 1
    UNION ALL SELECT n.part[1] || '〔' || n.part[2] || '〕' || n.part[3] || '号 lies outside of its series' FROM numbers n
    LEFT JOIN calls_letterseries s ON s.mark = n.part[1] AND s.year = n.part[2]::integer
    WHERE n.part IS NOT NULL AND n.part[3]::integer > coalesce(s.last, 0)""",
)
invariant(
    "recheck_by_another_person",
    _("复审决定由作出原决定以外的人作出"),
    """SELECT 'check of application ' || application_id FROM calls_formalcheck
    WHERE recheck_answered_by_id = decided_by_id
    UNION ALL SELECT 'decision on application ' || application_id FROM calls_decision
    WHERE recheck_answered_by_id IN (proposed_by_id, approved_by_id)""",
)
invariant(
    "objection_upheld_by_two",
    _("成立的异议由答复人以外的人核定，且所涉申请最终未批准"),
    """SELECT 'objection ' || o.id FROM calls_objection o JOIN calls_noticerow r ON r.id = o.row_id
    JOIN calls_notice n ON n.id = o.notice_id JOIN calls_application a ON a.id = r.application_id
    WHERE o.state = 'upheld' AND (o.settled_by_id = o.answered_by_id OR (n.closed_at IS NOT NULL AND a.state = 'approved'
        AND NOT EXISTS (SELECT 1 FROM calls_decision d WHERE d.application_id = a.id AND d.proposed_at > n.closed_at)))""",
)
invariant(
    "objection_dismissed_by_another",
    _("异议不成立由提出资助建议以外的人答复"),
    """SELECT 'objection ' || o.id FROM calls_objection o JOIN calls_noticerow r ON r.id = o.row_id
    JOIN calls_decision d ON d.application_id = r.application_id WHERE o.state = 'dismissed' AND o.answered_by_id = d.proposed_by_id
    AND d.proposed_at < o.answered_at""",
)
worked_out("submissions_signed", _("已提交的申请按其项目类型版本的文本签署齐全"), unsigned_submissions)
invariant(
    "leader_of_record",
    _("每份申请按申请人的现行记录限项"),
    """SELECT 'application ' || a.id || ' counts for ' || coalesce(a.leader_of_record_id::text, 'nobody') || ', its leader is ' || p.id
    FROM calls_application a JOIN registry_person p ON p.id = a.leader_id
    WHERE a.leader_of_record_id IS DISTINCT FROM coalesce(p.merged_into_id, p.id)""",
)
worked_out("fund_staff_apart", _("基金管理人员没有在办的申请和在研项目"), staff_at_work)
invariant(
    "files_as_submitted",
    _("申请的附件与提交时的相同"),
    f"""SELECT 'application ' || a.number || ' holds other files than were submitted' FROM calls_application a JOIN LATERAL (
        SELECT beside FROM calls_version WHERE application_id = a.id AND kind = 'submit' ORDER BY id DESC LIMIT 1) v ON true
    WHERE a.state NOT IN ({", ".join(repr(str(s)) for s in sorted(UNSUBMITTED))}) AND v.beside ? 'files'
        AND (SELECT coalesce(jsonb_agg(sent || jsonb_build_object('sha256', coalesce((
            SELECT f.sha256 FROM calls_attachment t JOIN core_storedfile f ON f.id = t.file_id
            WHERE t.application_id = a.id AND f.sent_sha256 = sent ->> 'sha256' LIMIT 1), sent ->> 'sha256')) ORDER BY n), '[]')
            FROM jsonb_array_elements(v.beside -> 'files') WITH ORDINALITY AS given(sent, n)
        ) <> calls_beside(a.id) -> 'files'""",  # noqa: S608
)
