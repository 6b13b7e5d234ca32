"""Copies of what people made and keep: sealed, taken while others write, put back and compared row for row."""
