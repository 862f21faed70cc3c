"""Region packages: everything that is particular to one region, as data, and the loader that checks it first."""
