from headwater.core.colours import colours

colours(drafted="yellow", final="green", struck="red", discarded="secondary")
colours(confirmed="yellow", dropped="secondary")
