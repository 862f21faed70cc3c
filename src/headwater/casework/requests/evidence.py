from headwater.casework.requests import models
from headwater.core.coverage import covered

covered(models.KindVersion)
covered(models.Request)
covered(models.Comment)
covered(models.RequestFile)
