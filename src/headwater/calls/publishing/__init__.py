"""Calls made, approved, published, changed and called off: what officers do before and while applications come in."""
