"""What a sanction bars from. Plain data, for the register of sanctions and for pure rules."""

BARRING = ("all", "all_fiscal", "apply", "participate")
"""Scopes that bar a person from an application, whether as its leader or as a member (handbook 2.3)."""
