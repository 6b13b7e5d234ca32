"""What only the competitors page draws."""
