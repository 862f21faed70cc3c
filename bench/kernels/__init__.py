"""One folder for each kernel: its bench, what it runs on, the peers it is held against, and its figure."""
