"""The routes beside the measures, by what they are about."""
