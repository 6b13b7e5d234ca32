"""The brand on the Admin page: name, line, logos, colours, fonts, sender, links, and how they look."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.branding import brand_pictures, logo_pictures, saved_brand
from core.config.branding import TERMS, BrandSettings
from core.contracts.errors import AccessError, QuarterdeckError
from core.localization import message
from pages.ui.admin import changes
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

DONE, BACK = (
    "The brand is saved; everybody sees it with the next click.",
    "The brand of the settings file counts again.",
)
FONTS = {"sans-serif": "Source Sans", "serif": "Source Serif"}
LINKS = {
    "label": st.column_config.TextColumn("Name", width="small", max_chars=40),
    "address": st.column_config.LinkColumn("Address", width="large"),
}
WORDS = {
    "term": st.column_config.TextColumn("Word of ours", disabled=True),
    "singular": st.column_config.TextColumn("What you say", max_chars=30),
    "plural": st.column_config.TextColumn("For several", max_chars=30),
}
LOGOS = {"logo": "Logo for light pages", "logo_dark": "Logo for dark pages"}


def show(page: Page, c: Cell) -> None:
    """Say which brand is in force, and let an administrator of the whole company change it."""
    brand = page.settings.branding
    c.answer(_standing(brand))
    if not page.may("admin:write"):
        return
    if changes.delegation(page).is_bound:
        st.caption("It is everybody's, so that an administrator of the whole company changes it.")
        return
    draft, pictures = _draft(brand)
    try:
        checked = saved_brand.checked(draft)
        shown = _shown(page, checked, pictures)
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")
        return
    for side, is_dark in zip(st.columns(2), (False, True), strict=True):
        side.caption("On dark pages" if is_dark else "On light pages")
        side.html(brand_pictures.preview(checked, shown[is_dark], is_dark))
    _buttons(page, checked, pictures)


def _standing(brand: BrandSettings) -> str:
    if not brand.is_own:
        return "Pages, mails and documents bear the look they were shipped with."
    logo = "a logo" if brand.logo else "no logo"
    return message(
        "Pages, mails and documents bear the name {name}, with {logo} and the colour {accent}.",
        name=brand.name,
        logo=logo,
        accent=brand.accent,
    )


def _draft(brand: BrandSettings) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what stands in the form, and the pictures that were uploaded."""
    left, right = st.columns(2)
    draft: dict[str, Any] = brand.model_dump()
    with left:
        draft["name"] = st.text_input("Name", brand.name, max_chars=40, key="brand_name")
        draft["tagline"] = st.text_input("Line at the sign-in", brand.tagline, max_chars=100, key="brand_tagline")
        draft["mail_sender"] = st.text_input(
            "Sender of mails", brand.mail_sender, max_chars=60, placeholder=draft["name"], key="brand_sender"
        )
        light, dark = st.columns(2)
        draft["accent"] = light.color_picker("Colour on light pages", brand.accent, key="brand_accent")
        draft["accent_dark"] = dark.color_picker("Colour on dark pages", brand.accent_dark, key="brand_accent_dark")
    with right:
        fonts = list(FONTS)
        draft["font"] = st.segmented_control(
            "Font of pages", fonts, default=brand.font, format_func=FONTS.__getitem__, required=True, key="brand_font"
        )
        draft["document_font"] = st.text_input(
            "Font of Word and PowerPoint files",
            brand.document_font,
            max_chars=60,
            placeholder="Calibri",
            key="brand_document_font",
        )
        pictures = {name: picture for name in LOGOS if (picture := _uploaded(name))}
    left, right = st.columns(2)
    with left:
        draft["links"] = _links(brand)
    with right:
        draft["words"] = _words(brand)
    if (brand.logo or brand.logo_dark) and st.checkbox("Take the logos away", key="brand_no_logo"):
        draft |= {"logo": "", "logo_dark": ""}
    return draft, pictures


def _uploaded(name: str) -> bytes:
    upload = st.file_uploader(LOGOS[name], type=["png", "jpg", "jpeg"], key=f"brand_{name}", max_upload_size=1)
    return upload.getvalue() if upload is not None else b""


def _links(brand: BrandSettings) -> dict[str, str]:
    """Let legal links be written; a row without a name or an address is left out."""
    st.caption("Legal links, such as Privacy or Imprint; six at most")
    rows = [{"label": label, "address": address} for label, address in brand.links.items()]
    edited = st.data_editor(
        rows or [{"label": "", "address": ""}],
        column_config=LINKS,
        num_rows="dynamic",
        hide_index=True,
        key="brand_links",
    )
    pairs = [(str(row.get("label") or "").strip(), str(row.get("address") or "").strip()) for row in edited]
    return {label: address for label, address in pairs if label and address}


def _words(brand: BrandSettings) -> dict[str, dict[str, str]]:
    """Let the company's own words be written; a row left empty keeps ours."""
    st.caption("Your own words, in the singular and the plural: opportunity, opportunities")
    own = {term: word.model_dump() for term, word in brand.words.items()}
    rows = [{"term": term, "singular": "", "plural": "", **own.get(term, {})} for term in TERMS]
    edited = st.data_editor(rows, column_config=WORDS, hide_index=True, key="brand_words")
    words = {row["term"]: {n: str(row.get(n) or "").strip() for n in ("singular", "plural")} for row in edited}
    return {term: word for term, word in words.items() if any(word.values())}


def _shown(page: Page, brand: BrandSettings, pictures: dict[str, bytes]) -> dict[bool, bytes | None]:
    """Return the logo as it would stand on light and on dark pages; raises where one is refused."""
    fresh = {name: logo_pictures.checked(content, LOGOS[name]) for name, content in pictures.items()}
    wanted = page.settings.model_copy(update={"branding": brand})
    light = fresh.get("logo") or logo_pictures.logo(wanted)
    return {
        False: light,
        True: fresh.get("logo_dark") or (logo_pictures.logo(wanted, True) if brand.logo_dark else light),
    }


def _buttons(page: Page, brand: BrandSettings, pictures: dict[str, bytes]) -> None:
    row = st.container(horizontal=True)
    row.button(
        "Save the brand",
        key="brand_save",
        type="primary",
        icon=":material/save:",
        disabled=brand == page.settings.branding and not pictures,
        on_click=changes.attempt,
        args=(page, lambda: _save(page, brand, pictures), DONE),
    )
    row.button(
        "Back to the settings file",
        key="brand_back",
        icon=":material/undo:",
        disabled=not saved_brand.is_saved(page.settings),
        on_click=changes.attempt,
        args=(page, lambda: _take_back(page), BACK),
    )


def _save(page: Page, brand: BrandSettings, pictures: dict[str, bytes]) -> None:
    _refuse_part(page)
    saved_brand.save(page.settings, brand, pictures)
    page.note("changed the brand", brand.name, f"colours {brand.accent} and {brand.accent_dark}")
    _empty()


def _take_back(page: Page) -> None:
    _refuse_part(page)
    saved_brand.forget(page.settings)
    page.note("took the brand back", page.settings.branding.name)
    _empty()


def _refuse_part(page: Page) -> None:
    if changes.delegation(page).is_bound:
        raise AccessError("The brand is everybody's.", mend="Ask an administrator of the whole company.")


def _empty() -> None:
    """Let the form show what is in force now."""
    for name in [str(name) for name in st.session_state if str(name).startswith("brand_")]:
        del st.session_state[name]
