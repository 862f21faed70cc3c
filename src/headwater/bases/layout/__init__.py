"""Where the bases of the region are: by kind, field and place; what is missing; how the parts of the region stand to each other."""
