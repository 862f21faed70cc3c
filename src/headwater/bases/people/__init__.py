"""The people of a base: who works there as what, from when until when, and for how many months of each year."""
