from headwater.core.colours import colours

colours(planned="azure", live="green", watched="yellow", ended="secondary")
