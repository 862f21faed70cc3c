"""Pages of review, by who uses them."""
