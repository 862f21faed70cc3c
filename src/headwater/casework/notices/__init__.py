"""Public notices of what was decided outside of calls: lists, periods, objections."""
