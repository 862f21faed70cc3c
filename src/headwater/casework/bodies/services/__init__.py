"""Commands of bodies: convening, calling, holding, voting, closing."""
