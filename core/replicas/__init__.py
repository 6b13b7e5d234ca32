"""Several servers of one installation: what was worked out is shared, and one of them works a thing out at a time."""
