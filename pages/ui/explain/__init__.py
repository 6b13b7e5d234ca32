"""Cells that explain a model, on whichever page shows them."""
