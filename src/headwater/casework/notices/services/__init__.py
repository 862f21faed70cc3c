"""Commands of public notices."""
