"""What the Help page alone has."""
