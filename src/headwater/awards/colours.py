from headwater.core.colours import colours

colours(agreement="yellow", running="green", lapsed="secondary", refused="secondary", closed="secondary", terminated="red")
