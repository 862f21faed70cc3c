from headwater.calls.models import Call
from headwater.core.views.roles import SCOPES

SCOPES["call"] = lambda code: Call.objects.filter(code=code).first()
