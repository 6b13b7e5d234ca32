"""What a demo tenant is set to: the sample company or hidden data, a brand, and its first day again every night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.config import Settings
from core.resources import industries

LOOKS = {
    "software": ("#1f5fa8", "#7db4f0"),
    "medical": ("#8a2f6b", "#e79ac8"),
    "logistics": ("#8a4b0f", "#e9a04c"),
}


MASKED = "A demo: names are invented and amounts rounded, and every night it is as on its first day"


def masked_settings(title: str, folder: Path, settings: Settings) -> dict[str, Any]:
    """Return the settings of a demo tenant that shows a company's own data with names hidden.

    Parameters
    ----------
    title : str
        What it is called, on pages and in documents.
    folder : Path
        Of the hidden data.
    settings : Settings
        By which the data were read; currency, fiscal year and stages are the same in the demo.
    """
    accent, accent_dark = LOOKS[industries()[0]]
    return {
        "company": title,
        "branding": {"name": title, "tagline": MASKED, "accent": accent, "accent_dark": accent_dark},
        "currency": settings.currency,
        "fiscal": settings.fiscal.model_dump(),
        "stages": {name: list(value) for name, value in settings.stages.model_dump().items()},
        "source": {"folder": str(folder)},
        "access": {"sign_in": "none"},
    }


def demo_settings(title: str, industry: str, is_large: bool = False) -> dict[str, Any]:
    """Return the settings of a demo tenant.

    Parameters
    ----------
    title : str
        What it is called, on pages and in documents.
    industry : str
        One of `industries`; decides the company, its words and its colours.
    is_large : bool
        1,200 accounts in place of 240, which take five times as long to make ready.
    """
    accent, accent_dark = LOOKS.get(industry, LOOKS[industries()[0]])
    return {
        "company": title,
        "branding": {
            "name": title,
            "tagline": "A sample company: nothing in it is real, and every night it is as on its first day",
            "accent": accent,
            "accent_dark": accent_dark,
        },
        "demo": {"industry": industry, "size": "large" if is_large else "small"},
        "access": {"sign_in": "none"},
    }
