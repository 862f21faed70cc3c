"""How bases are called in the log."""

from headwater.bases.models import Base, BaseHolder
from headwater.core.sentences import called
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of

called(
    Base,
    str,
    related=("version",),
    looks=("number", "name_zh"),
    page=lambda b: page_of(register_of(b), b),
    action="registers.view",
)
called(BaseHolder, str, related=("organisation", "person"))
