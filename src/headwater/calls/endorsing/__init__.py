"""Host institutions and recommending agencies: they check, rank, return and endorse applications."""
