"""Controls, tables and caches of the customers page alone."""
