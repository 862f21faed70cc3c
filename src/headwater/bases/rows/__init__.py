"""Tables that stand beside a base: declared once, with list, form, file and history following from the declaration."""
