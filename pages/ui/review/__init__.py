"""Controls, tables and caches of the review page alone."""
