"""The template of all catalogues: every text the source gives, as `python -m tools.words` wrote it down."""

from __future__ import annotations

from pathlib import Path

LOCALES = Path(__file__).with_name("locales")
DOMAIN = "quarterdeck"
TEMPLATE = LOCALES / f"{DOMAIN}.pot"


def texts() -> list[str | tuple[str, ...]]:
    """Return all texts; of what can be one or many, both."""
    from babel.messages.pofile import read_po

    with TEMPLATE.open("rb") as file:
        return [entry.id if isinstance(entry.id, str) else tuple(entry.id) for entry in read_po(file) if entry.id]
