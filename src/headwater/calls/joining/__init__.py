"""Members, partners and referees: their invitations, from outside or inside, and their answers."""
