from headwater.core.colours import colours

colours(building="azure", open="green")
