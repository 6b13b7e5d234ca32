"""What a document bears of a company's brand: PDFs, Word and PowerPoint files, pages to send, mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.branding import logo_pictures
from core.branding.brand_pictures import picture_address
from core.config import Settings
from core.config.branding import ACCENT, ACCENT_DARK, PRODUCT

CREATED = datetime(2000, 1, 1)
UNNAMED = "Your company"  # as the defaults have it


@dataclass(frozen=True)
class Letterhead:
    """The brand on paper.

    Attributes
    ----------
    name : str
    accent : str
        As in "#0b6e6e"; empty for the house's own colours.
    logo : bytes
        A PNG for white ground; empty for none.
    font : str
        Of Word and PowerPoint files; empty for the house's own.
    links : tuple of (str, str)
        Legal links: name and address.
    accent_dark : str
        On dark ground; empty for the house's own.
    company : str
        Whose installation it is; empty where nobody said.
    """

    name: str = PRODUCT
    accent: str = ""
    logo: bytes = b""
    font: str = ""
    links: tuple[tuple[str, str], ...] = ()
    accent_dark: str = ""
    company: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of the logo in pixels; (0, 0) without one."""
        if not self.logo:
            return 0, 0
        wide, high = (int.from_bytes(self.logo[begin : begin + 4], "big") for begin in (16, 20))
        return wide, high

    def properties(self, title: str = "") -> dict[str, Any]:
        """Return what a workbook says of itself; the day is always the same, so that the same rows are one file."""
        return {"title": title[:255], "author": self.name, "company": self.company, "created": CREATED}

    @property
    def source(self) -> str:
        """Return the logo as an address that holds the picture itself; empty without one."""
        return picture_address(self.logo) if self.logo else ""


HOUSE = Letterhead()


def of(settings: Settings) -> Letterhead:
    """Return what documents of an installation bear.

    Raises
    ------
    ConfigError
        When the settings name a logo that cannot be used.
    """
    brand = settings.branding
    return Letterhead(
        brand.name,
        brand.accent if brand.accent != ACCENT else "",
        logo_pictures.logo(settings) or b"",
        brand.document_font,
        tuple(brand.links.items()),
        brand.accent_dark if brand.accent_dark != ACCENT_DARK else "",
        settings.company if settings.company != UNNAMED else "",
    )
