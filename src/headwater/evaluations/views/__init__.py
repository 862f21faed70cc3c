"""Pages of evaluations."""
