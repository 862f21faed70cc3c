"""Who reads which verbs are due: officers of all calls, and those who read all entries."""

from headwater.core.permission import allow, everywhere, role
from headwater.registers.models.entries import READERS
from headwater.registers.shapes import OFFICER

allow("bases.dues", everywhere(OFFICER) | role(*READERS))
