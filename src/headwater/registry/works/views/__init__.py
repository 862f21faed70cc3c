"""Pages of works and of claims."""
