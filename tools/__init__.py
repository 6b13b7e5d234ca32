"""Writes files of the project that follow from others: run one with `python -m tools.<name>`."""
