"""Bad forms, imports, files and requests by the hundred thousand, and what must hold after each."""
