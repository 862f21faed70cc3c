"""Files of works: read in whatever form, weighed against what is on record, and taken in as they were previewed."""
