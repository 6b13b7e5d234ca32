"""Controls and columns of the engagement page alone."""
