"""What the digest page alone has."""
