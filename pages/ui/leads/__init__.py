"""What only the leads page draws."""
