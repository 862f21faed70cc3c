"""Makers of the records that tests need, by what is made."""
