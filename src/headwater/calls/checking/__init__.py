"""What the department receives: formal check, likeness of texts, answers and files taken out."""
