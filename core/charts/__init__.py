"""Frames to Altair charts, one module per page, one theme."""
