from headwater.core.colours import colours

colours(discarded="secondary", submitted="green", declined="secondary", released="secondary")
colours(preparing="azure", voting="yellow", closed="secondary", dissolved="secondary")
colours(recommended="green", not_recommended="secondary", no_quorum="yellow")
colours(not_revived="secondary")
