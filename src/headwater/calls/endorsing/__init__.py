"""What host institutions and recommending agencies check, rank, send back and endorse."""
