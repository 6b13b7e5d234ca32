"""Logos: PNG and JPEG alone, bounded before they are unpacked, and drawn anew so that nothing else is in the file.

An SVG is a document that can hold scripts and fetch from elsewhere; a picture may carry a second file behind its own.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from pathlib import Path

from core.config import Settings
from core.contracts.errors import ConfigError
from core.localization import message

MOST_BYTES, MOST_SIDE, LEAST_SIDE = 1_000_000, 4_000, 16
WIDEST, HIGHEST = 800, 160  # pixels; five times what a page shows, for sharp screens and paper
FORMATS = ("PNG", "JPEG")
MEND = "Save the logo as PNG, with a see-through ground, and choose that file."


def checked(content: bytes, where: str = "logo") -> bytes:
    """Return a logo as a PNG of at most 800 by 160 pixels, which holds its pixels and nothing else.

    Parameters
    ----------
    content : bytes
        What somebody uploaded or the settings name; nothing of it is trusted.
    where : str
        What is named where it is refused.

    Raises
    ------
    ConfigError
        When it is too large, no PNG or JPEG, damaged, or too small to be seen.
    """
    from PIL import Image

    if len(content) > MOST_BYTES:
        raise ConfigError(
            message("The logo has {n_content:.1f} MB, and 1 MB is the most.", n_content=len(content) / 1000000.0),
            where,
            MEND,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                wide, high = opened.size
                if max(wide, high) > MOST_SIDE or min(wide, high) < LEAST_SIDE:
                    sides = message(
                        "between {least_side} and {most_side:,}", least_side=LEAST_SIDE, most_side=MOST_SIDE
                    )
                    raise ConfigError(
                        message(
                            "The logo is {wide:,} by {high:,} pixels, not {sides}.", wide=wide, high=high, sides=sides
                        ),
                        where,
                        MEND,
                    )
                picture = opened.convert("RGBA")
    except ConfigError:
        raise
    except Exception as error:  # the library raises whatever a broken picture leads it to
        raise ConfigError("The logo is no PNG or JPEG picture, or is damaged.", where, MEND) from error
    picture.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    plain = Image.new("RGBA", picture.size)
    plain.paste(picture)  # pixels alone: no text, profile or place of the file goes along
    target = io.BytesIO()
    plain.save(target, "PNG", optimize=True)
    return target.getvalue()


def logo(settings: Settings, is_dark: bool = False) -> bytes | None:
    """Return the logo in force as PNG; None where there is none of the company's own.

    Parameters
    ----------
    settings : Settings
    is_dark : bool
        For a dark ground; the light one serves where there is no other.

    Raises
    ------
    ConfigError
        As `checked`, and when the file cannot be read.
    """
    brand = settings.branding
    named = (brand.logo_dark or brand.logo) if is_dark else brand.logo
    if not named:
        return None
    path = Path(named)
    try:
        state = path.stat()
        if state.st_size > MOST_BYTES:
            raise ConfigError(
                message("The logo has {st_size:.1f} MB, and 1 MB is the most.", st_size=state.st_size / 1000000.0),
                named,
                MEND,
            )
        return _read(path.absolute(), state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise ConfigError("The logo cannot be read.", named, "Correct branding.logo in the settings.") from error


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int, _size: int) -> bytes:
    return checked(path.read_bytes(), path.name)
