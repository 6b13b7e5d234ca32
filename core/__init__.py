"""Quarterdeck's library: everything a page shows, from a plain Python prompt."""

__version__ = "0.1.0"
