"""The answer library's page."""
