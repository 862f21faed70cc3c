"""The types of questions, one module each; a new type is a module here and, where it needs one, a template of its control."""

from headwater.forms.types import (  # noqa: F401 -- each enters itself into the register
    budget,
    choice,
    choices,
    date,
    discipline,
    file,
    line,
    milestones,
    money,
    number,
    organisation,
    person,
    rich,
    table,
    text,
)
