"""Keys from outside, and what is sealed with them: backups, buyers' files, tokens of connected systems."""
