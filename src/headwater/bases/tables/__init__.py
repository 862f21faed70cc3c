"""Tables beside the record of a base: sites, sensors, tenants, sources of money. Code says what a row holds, the kind which tables it has."""
