"""What only the attribution page draws."""
