"""Bases that are cultivated for a higher rank: what they lack of the bar, what supports them, when they will be ready."""
