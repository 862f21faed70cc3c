"""Actions on what stands beside bases."""

from __future__ import annotations

from headwater.core.permission import allow, everywhere, is_signed_in, role
from headwater.registers.models.entries import READERS
from headwater.registers.permissions import keeps, sees_inside, works_with_entries
from headwater.registers.shapes import OFFICER

officer = everywhere(OFFICER)
allow("bases.view_rows", works_with_entries & sees_inside)
allow("bases.keep_rows", officer | (is_signed_in & keeps))
allow("bases.strike_rows", officer)
allow("bases.read_cultivation", is_signed_in & (role(*READERS) | officer))
allow("bases.claim_works", is_signed_in & keeps)
allow("bases.answer_claims", officer)
