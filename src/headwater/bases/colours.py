from headwater.core.colours import colours

colours(stopped="red")
