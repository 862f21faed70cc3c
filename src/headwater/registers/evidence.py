"""Which tables of registers are compared with what commands wrote."""

from headwater.core.coverage import covered
from headwater.registers import models

covered(models.KindVersion)
covered(models.Proposal)
covered(models.Succession)
