"""Who may cause the events of the tables of bases: an officer of all calls, and who keeps the base."""

from headwater.core.causes import Party, declare, either, right_for
from headwater.registers.rights import keeps
from headwater.registry.rights import OFFICER_OF_ALL

KEEPER = either(OFFICER_OF_ALL, right_for(Party("who keeps the base", keeps)))
declare({"bases.put_line": KEEPER, "bases.remove_line": KEEPER})
