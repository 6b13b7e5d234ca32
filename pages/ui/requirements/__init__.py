"""Controls, tables and caches of the requirements page alone."""
