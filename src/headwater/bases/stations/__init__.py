"""Field stations: plots and sensors on a map, programmes of observation with what they achieved, the defaults that a station has to meet."""
