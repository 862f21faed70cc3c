"""What is filed about a record of any kind, and by whom it is judged: one small app for each engine, and what they share."""
