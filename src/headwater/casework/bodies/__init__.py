"""Bodies that judge one case: composition, sittings, attendance, votes, minutes."""
