"""How the leader of an application writes, keeps, submits and withdraws it."""
