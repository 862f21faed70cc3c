from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant

# The digest that three parties sign: over the content as the database holds it, so that the database can check it.
CONTENT_DIGEST = "encode(sha256(convert_to(content::text, 'UTF8')), 'hex')"

invariant(
    "agreement_unchanged",
    _("任务书内容与生成时的校验码一致"),
    f"SELECT 'agreement of award ' || award_id FROM awards_agreement WHERE digest <> {CONTENT_DIGEST}",  # noqa: S608
)
invariant(
    "award_matches_decision",
    _("项目金额等于决定的金额，且申请已批准"),
    """SELECT 'award ' || w.number FROM awards_award w JOIN calls_application a ON a.id = w.application_id
    LEFT JOIN calls_decision d ON d.application_id = a.id
    WHERE a.state <> 'approved' OR d.outcome IS DISTINCT FROM 'fund' OR d.amount_fen <> w.amount_fen""",
)
invariant(
    "running_award_is_signed",
    _("执行中和已结束的项目有三方签署且内容未变"),
    """SELECT 'award ' || w.number FROM awards_award w JOIN awards_agreement g ON g.award_id = w.id
    WHERE w.state NOT IN ('agreement', 'lapsed', 'refused') AND (SELECT count(*) FROM awards_signature s WHERE s.agreement_id = g.id AND s.digest = g.digest) <> 3""",
)
invariant(
    "approved_has_award",
    _("须签任务书的申请批准后都有项目"),
    """SELECT 'application ' || a.number FROM calls_application a JOIN calls_call c ON c.id = a.call_id
    JOIN calls_schemeversion s ON s.id = c.scheme_id LEFT JOIN awards_award w ON w.application_id = a.id
    WHERE a.state = 'approved' AND w.id IS NULL
        AND s.definition -> 'scheme' ->> 'outcome' IN ('award', 'support', 'challenge', 'commission')""",
)
invariant(
    "given_up_money_is_free",
    _("放弃的项目经费已退回批次，其他项目的没有"),
    """SELECT 'award ' || w.number FROM awards_award w JOIN calls_decision d ON d.application_id = w.application_id
    WHERE (w.state IN ('lapsed', 'refused')) <> (d.freed_at IS NOT NULL)""",
)
