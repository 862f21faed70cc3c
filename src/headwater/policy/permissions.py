from headwater.core.permission import allow, role

allow("policy.lead", role("leadership", "committee", "agency_liaison", "programme_officer"))
