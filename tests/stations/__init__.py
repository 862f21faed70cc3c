"""A small domain as somebody would add it: field stations with a public register, pages, an indicator, a duty and a role.

It stands beside the product and is installed by `settings.py` and `addresses.py` alone: `INSTALLED_APPS` and the root addresses.
"""
