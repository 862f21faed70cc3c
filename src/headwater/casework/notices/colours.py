from headwater.core.colours import colours

colours(listed="teal", disputed="yellow", final="green", struck="red")
colours(open="green", proposed="teal", upheld="red", dismissed="secondary")
