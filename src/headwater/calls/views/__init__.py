"""Pages of calls, by who uses them."""
