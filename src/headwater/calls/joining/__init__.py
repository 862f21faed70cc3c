"""Members, partners and referees invited from outside or inside, and what they answer."""
