"""The department's work on what it receives: formal check, likeness of texts, export of answers and files."""
