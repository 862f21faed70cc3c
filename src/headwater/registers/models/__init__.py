from headwater.registers.models.entries import Entry, EntryQuerySet, Holder
from headwater.registers.models.kinds import KindVersion
from headwater.registers.models.proposals import WAITING, Proposal
from headwater.registers.models.successions import Succession

__all__ = ["WAITING", "Entry", "EntryQuerySet", "Holder", "KindVersion", "Proposal", "Succession"]
