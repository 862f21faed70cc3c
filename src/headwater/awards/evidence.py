"""The tables of awards that are compared with what commands wrote: all of them."""

from headwater.awards import models
from headwater.core.coverage import covered

covered(models.Award)
covered(models.Agreement)
covered(models.Signature)
