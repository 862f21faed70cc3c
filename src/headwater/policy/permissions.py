from headwater.core.own import of_many
from headwater.core.permission import allow, role
from headwater.policy.models import Article, Evidence, IndicatorValue, Measure, PolicyDocument, Target

allow("policy.lead", role("leadership", "committee", "agency_liaison", "programme_officer"))
of_many(Article, Evidence, IndicatorValue, Measure, PolicyDocument, Target)
