"""Calls as officers make, approve, publish, change and cancel them, before and while applications arrive."""
