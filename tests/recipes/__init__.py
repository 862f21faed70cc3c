"""The recipes of `docs/recipes.md`, done to a copy of the source and used there."""
