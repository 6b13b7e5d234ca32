"""Controls, tables and caches of the data page alone."""
