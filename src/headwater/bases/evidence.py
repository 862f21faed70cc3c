"""The tables of bases that are compared with what commands wrote."""

from headwater.bases.models import Base, BaseHolder
from headwater.core.coverage import covered

covered(Base, without=("reminded_on",))
covered(BaseHolder)
