from headwater.core.colours import colours

colours(active="green", dissolved="secondary")
colours(called="azure", in_session="yellow", held="green", unmet="red", cancelled="secondary")
colours(carried="green", not_carried="secondary", no_quorum="yellow", noted="secondary")
