"""What the page on territories alone has."""
