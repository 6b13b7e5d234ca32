"""Controls, tables and caches of the models page alone."""
