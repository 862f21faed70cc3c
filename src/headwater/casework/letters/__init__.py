"""Numbered letters about any record, in the words of a region package: kept as data, printed when asked for."""
