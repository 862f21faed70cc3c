"""Postdoctoral stations: who came, until when, with whom, and whether they stayed in the region."""
