"""Controls, tables and caches of the forecast page alone."""
