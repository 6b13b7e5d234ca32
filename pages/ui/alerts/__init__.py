"""What the alerts page alone has."""
