from headwater.bases.facilities.models import FundingLine, MachineTime
from headwater.core.coverage import covered

covered(FundingLine)
covered(MachineTime)
