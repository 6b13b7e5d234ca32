"""A brand is checked before anybody sees it, and saved so that the next click shows it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from core.branding import letterhead, logo_pictures, saved_brand
from core.config import Settings, load
from core.config.branding import ACCENT, BrandSettings, least_contrast
from core.contracts.errors import ConfigError


def picture(wide: int = 320, high: int = 64, kind: str = "PNG", colour: str = "#b3382f") -> bytes:
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (wide, high), colour).save(target, kind)
    return target.getvalue()


def settings_in(home: Path) -> Settings:
    return load(environ={"QUARTERDECK_HOME": str(home)})


def test_a_settings_file_brings_name_colours_and_links(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text('branding: {name: Acme Revenue, accent: "#7a1f5c", links: {Privacy: "https://acme.test/p"}}\n')
    brand = load(file, {"QUARTERDECK_HOME": str(tmp_path)}).branding
    assert (brand.name, brand.accent, brand.links) == ("Acme Revenue", "#7a1f5c", {"Privacy": "https://acme.test/p"})
    assert brand.is_own
    assert not BrandSettings().is_own


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("accent", "#ffcc00", "contrast of 1.3 to 1 on light pages, and words need 4.5: take a darker"),
        ("accent_dark", "#333333", "on dark pages, and words need 4.5: take a lighter"),
        ("accent", "red", 'must be a colour such as "#0b6e6e"'),
        ("name", "  ", "must not be empty"),
        ("tagline", "two\nlines", "must be one line"),
        ("links", {"Privacy": "javascript:alert(1)"}, "must begin with https://"),
        ("links", {"Imprint": 'https://acme.test/"><script>'}, "must begin with https://"),
        ("links", {"": "https://acme.test"}, "need a name"),
        ("font", "Comic Sans", "'sans-serif' or 'serif'"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(field: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        saved_brand.checked({field: value})


def test_a_colour_just_below_the_mark_is_not_rounded_up_to_it() -> None:
    greys = [f"#{k:02x}{k:02x}{k:02x}" for k in range(90, 130)]
    accepted = [grey for grey in greys if _is_accepted(grey)]
    assert accepted == [grey for grey in greys if least_contrast(grey, ("#fbfaf7", "#f1efe8")) >= 4.5]
    assert 0 < len(accepted) < len(greys)


def _is_accepted(colour: str) -> bool:
    try:
        saved_brand.checked({"accent": colour})
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_drawn_anew_within_bounds(kind: str) -> None:
    from PIL import Image

    plain = logo_pictures.checked(picture(2_000, 400, kind) + b"<script>alert(1)</script>")
    assert b"script" not in plain
    with Image.open(io.BytesIO(plain)) as opened:
        assert (opened.format, opened.size, opened.mode) == ("PNG", (800, 160), "RGBA")
    assert logo_pictures.checked(plain) == plain


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no PNG or JPEG"),
        (b"", "no PNG or JPEG"),
        (picture()[:60], "no PNG or JPEG"),
        (picture(kind="GIF"), "no PNG or JPEG"),
        (picture(5_000, 20), "5,000 by 20 pixels"),
        (picture(8, 8), "8 by 8 pixels"),
        (b"\x89PNG" + bytes(1_100_000), "1.1 MB"),
    ],
)
def test_what_is_no_logo_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        logo_pictures.checked(content)


def test_what_is_saved_is_in_force_at_once_and_goes_along_with_the_home(tmp_path: Path) -> None:
    before = settings_in(tmp_path / "a")
    brand = saved_brand.checked({"name": "Acme Revenue", "accent": "#7a1f5c"})
    saved_brand.save(before, brand, {"logo": picture(), "other": b"never read"})
    now = settings_in(tmp_path / "a")
    assert now.branding.name == "Acme Revenue"
    assert logo_pictures.logo(now, is_dark=True) == logo_pictures.logo(now) == logo_pictures.checked(picture())
    (tmp_path / "a").rename(tmp_path / "b")
    moved = settings_in(tmp_path / "b")
    assert logo_pictures.logo(moved) is not None
    saved_brand.save(moved, moved.branding.model_copy(update={"name": "Acme"}), {"logo": picture(colour="#0000ff")})
    again = settings_in(tmp_path / "b")
    assert again.branding.name == "Acme"
    assert len(list((tmp_path / "b" / "branding").glob("logo*.png"))) == 1
    saved_brand.forget(again)
    assert not settings_in(tmp_path / "b").branding.is_own
    assert not list((tmp_path / "b" / "branding").iterdir())


def test_a_home_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "branding").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be saved"):
        saved_brand.save(settings_in(tmp_path), BrandSettings(name="Acme"), {})


def test_a_logo_of_the_settings_that_is_gone_or_too_large_is_told(tmp_path: Path) -> None:
    own = settings_in(tmp_path)
    absent = own.model_copy(update={"branding": BrandSettings(logo=str(tmp_path / "gone.png"))})
    with pytest.raises(ConfigError, match="cannot be read"):
        letterhead.of(absent)
    (tmp_path / "large.png").write_bytes(bytes(1_100_000))
    large = own.model_copy(update={"branding": BrandSettings(logo=str(tmp_path / "large.png"))})
    with pytest.raises(ConfigError, match=r"1\.1 MB"):
        letterhead.of(large)


def test_the_letterhead_is_that_of_the_house_until_somebody_changes_it(tmp_path: Path) -> None:
    assert letterhead.of(settings_in(tmp_path)) == letterhead.HOUSE
    assert (letterhead.HOUSE.size, letterhead.HOUSE.source) == ((0, 0), "")
    saved_brand.save(settings_in(tmp_path), BrandSettings(accent="#7a1f5c"), {"logo": picture()})
    head = letterhead.of(settings_in(tmp_path))
    assert head.accent == "#7a1f5c" != ACCENT
    assert head.size == (320, 64)
    assert head.source.startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("name", "short"),
    [("Acme", "Acme"), ("Acme Revenue Desk", "Acme Revenue"), ("Vertriebsmannschaft", "Vertriebsman")],
)
def test_the_short_name_fits_below_an_icon(name: str, short: str) -> None:
    assert BrandSettings(name=name).short_name == short
