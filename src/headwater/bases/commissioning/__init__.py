"""Commissions that bases carry out: whether each base still meets what its scheme asks of it, and what share of the money they take."""
