from headwater.core.colours import colours

colours(working="green", off="secondary", gone="secondary")
