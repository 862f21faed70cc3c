"""Commands on the entries of registers."""
