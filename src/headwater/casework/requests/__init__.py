"""Requests about what lasts: what is to change, why, who approves it, and from when it holds."""
