"""Registers of what lasts: the engine for entries whose kinds a region declares."""
