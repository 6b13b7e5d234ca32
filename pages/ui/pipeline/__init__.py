"""Controls, tables and caches of the pipeline page alone."""
