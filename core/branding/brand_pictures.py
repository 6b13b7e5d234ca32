"""What stands for a brand where it has no picture: its first letter as an icon; and a preview."""

from __future__ import annotations

import base64
from html import escape
from urllib.parse import quote

from core.config.branding import ACCENT, ACCENT_DARK, PRODUCT, BrandSettings
from core.config.contrast import contrast

FONTS = {
    "sans-serif": "'Source Sans','Source Sans 3','Segoe UI',Helvetica,Arial,sans-serif",
    "serif": "'Source Serif',Georgia,'Times New Roman',serif",
}
PAPER = {False: ("#fbfaf7", "#1b2733", "#dcd8cc"), True: ("#10181f", "#e6ebee", "#2c3a45")}


def ink_on(colour: str) -> str:
    """Return black or white, whichever stands out more on a colour.

    Examples
    --------
    >>> ink_on("#7a1f5c"), ink_on("#4cc2b8")
    ('#ffffff', '#000000')
    """
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def mark(brand: BrandSettings) -> str:
    """Return the inside of a square SVG of 32 by 32: the first letter of the name on the brand's colour."""
    letter = next((sign for sign in brand.name if sign.isalnum()), "•").upper()
    return (
        f'<rect width="32" height="32" rx="7" fill="{brand.accent}"/><text x="16" y="23" font-size="20" '
        f'font-weight="700" text-anchor="middle" fill="{ink_on(brand.accent)}" '
        f"font-family=\"'Source Sans 3','Segoe UI',Arial,sans-serif\">{escape(letter)}</text>"
    )


def icon_address(brand: BrandSettings) -> str:
    """Return the icon as an address that holds the picture itself; empty where the house's own serves."""
    if brand.name == PRODUCT and (brand.accent, brand.accent_dark) == (ACCENT, ACCENT_DARK):
        return ""
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{mark(brand)}</svg>'
    return f"data:image/svg+xml,{quote(picture)}"


def picture_address(png: bytes) -> str:
    """Return a checked picture as an address that holds it itself, so that nobody has to ask for a file."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def preview(brand: BrandSettings, logo: bytes | None, is_dark: bool) -> str:
    """Return how a page looks in a brand, as HTML: logo or name, line, a link, a button and the legal links.

    Parameters
    ----------
    brand : BrandSettings
    logo : bytes or None
        A checked PNG for that ground.
    is_dark : bool
    """
    ground, ink, line = PAPER[is_dark]
    accent = brand.accent_dark if is_dark else brand.accent
    look = f"background:{ground};color:{ink};border:1px solid {line};font-family:{FONTS[brand.font]}"
    if logo:
        fit = "height:32px;max-width:100%;object-fit:contain"
        head = f'<img src="{picture_address(logo)}" alt="{escape(brand.name)}" style="{fit}">'
    else:
        head = f'<div style="font-size:21px;font-weight:600;color:{accent}">{escape(brand.name)}</div>'
    links = " · ".join(f'<span style="color:{accent}">{escape(label)}</span>' for label in brand.links)
    return (
        f'<div style="{look};border-radius:6px;padding:14px;min-height:150px">{head}'
        f'<p style="margin:6px 0 10px">{escape(brand.tagline)}</p>'
        f'<p style="margin:0 0 10px;color:{accent};text-decoration:underline">A link in a sentence</p>'
        f'<span style="display:inline-block;background:{accent};color:{ink_on(accent)};border-radius:6px;'
        f'padding:4px 12px">Sign in</span><p style="margin:12px 0 0;font-size:13px">{links}</p></div>'
    )
