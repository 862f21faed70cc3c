"""The tables of bases that are compared with what commands wrote."""

from headwater.bases import models
from headwater.core.coverage import covered

covered(models.Base, without=("reminded_on",))
for each in (
    models.BaseHolder,
    models.BasePerson,
    models.PersonMonths,
    models.BaseRule,
    models.OpenCall,
    models.OpenProject,
    models.OpenDay,
    models.SafetyRecord,
    models.GapValue,
    models.SupportRow,
):
    covered(each)
