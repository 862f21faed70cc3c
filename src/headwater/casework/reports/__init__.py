"""Reports that are owed: by whom, for which period, until when, and what being late blocks."""
