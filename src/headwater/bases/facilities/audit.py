from headwater.bases.facilities.models import FundingLine, MachineTime
from headwater.core.sentences import called

called(FundingLine, str)
called(MachineTime, str)
