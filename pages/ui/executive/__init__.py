"""Controls, tables and caches of the executive page alone."""
