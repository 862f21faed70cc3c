"""Makerspaces, incubators and accelerators: who moves in and out, who graduates, what the year's assessment says, who is due to be removed."""
