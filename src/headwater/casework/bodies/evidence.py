"""Which tables of bodies count, from when on. How a body votes is bound from the end of the sitting on only."""

from headwater.casework.bodies import models
from headwater.core.coverage import covered

covered(models.BodyKind)
covered(models.Body)
covered(models.BodyMember)
covered(models.Sitting, without=("reminded_on",))
covered(models.SittingItem, when="result <> ''")
covered(models.Attendance)
covered(models.Recusal)
covered(models.Ballot)
covered(models.BodyOpinion, when="submitted_at IS NOT NULL")
