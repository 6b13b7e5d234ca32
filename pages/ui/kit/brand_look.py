"""The brand on a page: title, icon, logo, colours and font, and the legal links at the foot of the sidebar."""

from __future__ import annotations

import logging

import streamlit as st
from streamlit import config

from core.branding import brand_pictures, logo_pictures
from core.charts import wordmark
from core.config import Settings, load
from core.config.branding import ACCENT, ACCENT_DARK, BrandSettings
from core.contracts.errors import QuarterdeckError
from core.resources import asset
from pages.ui.kit.escaping import escaped

logger = logging.getLogger(__name__)
VARIABLE = "<style>:root{{--brand-accent:light-dark({light},{dark})}}</style>"
FONT_OPTIONS = ("theme.font", "theme.headingFont")
COLOUR_OPTIONS = ("primaryColor", "linkColor")


def in_force() -> tuple[BrandSettings, Settings | None]:
    """Return the brand, and the settings it is of; the house's where the settings cannot be read, as the page tells."""
    try:
        settings = load()
    except QuarterdeckError:
        return BrandSettings(), None
    return settings.branding, settings


def dress(title: str, sidebar: int) -> None:
    """Give the page its title, icon and logo, and the theme the brand's colours from the next run on."""
    brand, settings = in_force()
    # A picture of our own, for a named symbol would be fetched from another host.
    icon = brand_pictures.icon_address(brand) or str(asset("mark.svg"))
    st.set_page_config(
        page_title=f"{title} · {brand.name}", page_icon=icon, layout="wide", initial_sidebar_state=sidebar
    )
    st.logo(logo(brand, settings), size="large")
    paint(brand)
    if (brand.accent, brand.accent_dark) != (ACCENT, ACCENT_DARK):
        st.html(VARIABLE.format(light=brand.accent, dark=brand.accent_dark))


def paint(brand: BrandSettings) -> None:
    """Write the brand's colours and font into the theme of this server, which all its sessions show."""
    wanted = dict.fromkeys(FONT_OPTIONS, brand.font)
    for mode, colour in (("light", brand.accent), ("dark", brand.accent_dark)):
        wanted |= {f"theme.{mode}.{option}": colour for option in COLOUR_OPTIONS}
    for option, value in wanted.items():
        if config.get_option(option) != value:
            config.set_option(option, value)


def logo(brand: BrandSettings, settings: Settings | None) -> str:
    """Return the picture at the top of the sidebar: the brand's, else its name, else the house's."""
    is_dark = getattr(getattr(st.context, "theme", None), "type", "light") == "dark"
    try:
        own = logo_pictures.logo(settings, is_dark) if settings is not None else None
    except QuarterdeckError as error:
        logger.warning("The logo is left out: %s", error)
        own = None
    if own is not None:
        return brand_pictures.picture_address(own)  # Held by the page itself, so that it stands at the sign-in too.
    if not brand_pictures.icon_address(brand):
        return str(asset("logo.svg"))
    return wordmark.wordmark(brand.name, brand.accent_dark if is_dark else brand.accent)


def links(brand: BrandSettings) -> None:
    """Write the legal links; nothing where there are none."""
    if brand.links:
        st.caption(" · ".join(f"[{escaped(label)}]({address})" for label, address in brand.links.items()))
