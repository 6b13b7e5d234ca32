"""Pages without a browser: run once, and written to files."""
