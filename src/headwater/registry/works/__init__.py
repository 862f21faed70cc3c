"""Works of people and who claims them: kinds, identifiers, commands, the importer of all formats, lists and pages."""
