"""Controls, tables and caches of the catalogue page alone."""
