from headwater.casework.letters.models import CaseLetter
from headwater.core.coverage import covered

covered(CaseLetter)
