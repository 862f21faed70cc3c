"""The life of a laboratory: its committee, rules, open calls and projects, visitors, safety; what its kinds ask before a verb."""
