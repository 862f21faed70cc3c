"""What commands of several stages write: signatures. The commands themselves are with their stage of work."""
