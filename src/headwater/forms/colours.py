from headwater.core.colours import colours

colours(submit="green", restore="blue", fill="azure", **{"return": "yellow"}, withdraw="yellow")
