"""The last hour of a national call, replayed."""
