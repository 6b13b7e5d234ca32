"""What the Benchmarks page alone has."""
