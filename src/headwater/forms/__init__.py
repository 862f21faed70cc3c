"""Forms: what asks people anything, whatever it is about. Questions, conditions, answers, versions, documents to sign."""

from headwater.forms import types  # noqa: F401 -- each type of question enters itself into the register
