"""Decisions proposed and approved, notices and objections, letters, the end of a call."""
