"""What every page is made of: opening, sign-in, cells, tables, caches, downloads."""
