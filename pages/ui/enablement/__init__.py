"""Controls, tables and caches of the enablement page alone."""
