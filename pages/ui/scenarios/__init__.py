"""Controls, tables and caches of the scenarios page alone."""
