from headwater.core.colours import colours

colours(claimed="yellow", accepted="teal", refused="secondary", withdrawn="secondary")
