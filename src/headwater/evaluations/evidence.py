"""The tables of evaluations that are compared with what commands wrote: all of them."""

from headwater.core.coverage import covered
from headwater.evaluations import models

covered(models.Round)
covered(models.Entrant)
covered(models.Verified)
covered(models.Veto)
covered(models.GradeDraft)
covered(models.Grade)
covered(models.Consequence)
covered(models.Entitlement)
