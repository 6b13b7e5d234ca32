"""The name and look an installation bears: checked as it is read, so that nothing unreadable is ever shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.config.contrast import contrast

PRODUCT = "Quarterdeck"
SAVED = Path("branding") / "brand.yaml"  # below the home folder: what the Admin page saves
LIGHT_GROUNDS, DARK_GROUNDS = ("#fbfaf7", "#f1efe8"), ("#10181f", "#19242d")  # of pages and of their sidebar
ACCENT, ACCENT_DARK = "#0b6e6e", "#4cc2b8"
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA
COLOUR = re.compile(r"#[0-9a-f]{6}")
MOST_LINKS = 6
LOGOS = ("logo", "logo_dark")
Term = Literal["deal", "account", "customer", "rep"]
TERMS: tuple[Term, ...] = ("deal", "account", "customer", "rep")


class CompanyWord(BaseModel):
    """What a company calls something, as it stands within a sentence: "opportunity" and "opportunities"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    singular: str = Field(min_length=2, max_length=30)
    plural: str = Field(min_length=2, max_length=30)

    @field_validator("singular", "plural")
    @classmethod
    def _of_letters(cls, value: str) -> str:
        words = " ".join(value.split())
        if not re.fullmatch(r"[^\W\d_]+(?:[ -][^\W\d_]+)*", words):
            raise ValueError("must be a word of letters, such as opportunity")
        return words


class BrandSettings(BaseModel):
    """Name, line below it, logos, colours, fonts, sender of mails, legal links and words.

    The colours of charts are none of it: they tell series apart for colour-blind readers too, and stay.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default=PRODUCT, min_length=1, max_length=40)
    tagline: str = Field(default="", max_length=100)
    logo: str = ""
    logo_dark: str = ""
    accent: str = ACCENT
    accent_dark: str = ACCENT_DARK
    font: Literal["sans-serif", "serif"] = "sans-serif"
    document_font: str = Field(default="", max_length=60)
    mail_sender: str = Field(default="", max_length=60)
    links: dict[str, str] = Field(default={}, max_length=MOST_LINKS)
    words: dict[Term, CompanyWord] = {}

    @field_validator("name", "tagline", "document_font", "mail_sender")
    @classmethod
    def _of_one_line(cls, value: str) -> str:
        words = value.strip()
        if not words.isprintable():
            raise ValueError("must be one line of letters, digits and signs")
        return words

    @field_validator("name")
    @classmethod
    def _not_empty(cls, value: str) -> str:
        if not value:
            raise ValueError("must not be empty")
        return value

    @field_validator("accent", "accent_dark", mode="before")
    @classmethod
    def _colour(cls, value: object) -> str:
        text = str(value).strip().lower()
        if not COLOUR.fullmatch(text):
            raise ValueError('must be a colour such as "#0b6e6e", with quotes around it')
        return text

    @field_validator("links")
    @classmethod
    def _lead_outside(cls, value: dict[str, str]) -> dict[str, str]:
        for label, address in value.items():
            if not label.strip() or len(label) > 40 or not label.isprintable():
                raise ValueError("need a name of one to 40 letters each, such as Privacy")
            if not re.fullmatch(r"https?://[^\s\"'<>()\[\]\\]+", address) or len(address) > 500:
                raise ValueError(f"must begin with https://, and {label} does not")
        return value

    @model_validator(mode="after")
    def _readable(self) -> BrandSettings:
        """Refuse a colour in which links and buttons could not be read, on pages or on their sidebar."""
        for colour, grounds, mode in (
            (self.accent, LIGHT_GROUNDS, "light"),
            (self.accent_dark, DARK_GROUNDS, "dark"),
        ):
            figure = least_contrast(colour, grounds)
            if figure < LEAST_CONTRAST:
                way = "darker" if mode == "light" else "lighter"
                raise ValueError(
                    f"the colour {colour} has a contrast of {figure:.1f} to 1 on {mode} pages, and words need "
                    f"{LEAST_CONTRAST}: take a {way} one"
                )
        return self

    @property
    def is_own(self) -> bool:
        """Say whether anything is other than as shipped."""
        return self != BrandSettings()

    @property
    def short_name(self) -> str:
        """Return the name as an icon's caption on a phone has room for it: 12 letters, whole words where it can be."""
        if len(self.name) <= 12:
            return self.name
        return self.name[:13].rsplit(" ", 1)[0][:12]


def least_contrast(colour: str, grounds: tuple[str, ...]) -> float:
    """Return the smallest contrast a colour has on some grounds, rounded down to a tenth, so that 4.49 is no 4.5.

    Examples
    --------
    >>> least_contrast("#ffcc00", LIGHT_GROUNDS)
    1.3
    >>> least_contrast(ACCENT, LIGHT_GROUNDS) >= 4.5
    True
    """
    return int(min(contrast(colour, ground) for ground in grounds) * 10) / 10


def over(values: dict[str, Any], saved: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the values of a settings file with those the Admin page saved over them.

    Parameters
    ----------
    values, saved : dict
    folder : Path
        Where what was saved lies: its logos are named from there, so that a home folder can be moved.
    """
    logos = {name: str((folder / saved[name]).absolute()) for name in LOGOS if saved.get(name)}
    return {**values, **saved, **logos}
