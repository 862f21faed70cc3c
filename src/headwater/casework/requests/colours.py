from headwater.core.colours import colours

colours(draft="secondary")
