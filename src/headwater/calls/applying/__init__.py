"""An application written, kept, submitted, withdrawn: what its leader does."""
