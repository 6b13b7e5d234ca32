"""A company's own look: its logos checked and drawn anew, what the Admin page saves, and what documents bear of it."""
