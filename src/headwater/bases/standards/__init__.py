"""What kinds of bases are held against: figures worked out from the tables, bars to reach, what must have gone before, when a verb is due."""
