"""Major infrastructure: who pays and how much has come, machine time asked for, given and used, against what can be offered."""
