"""The app can be put on a home screen: the manifest names pictures that are there, in the sizes it says."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.config.branding import BrandSettings
from pages.ui.server import preload, web_manifest


def test_the_document_names_a_manifest_whose_icons_are_there():
    client = TestClient(Starlette(routes=web_manifest.routes(BrandSettings)))
    assert f'rel="manifest" href="./{web_manifest.ADDRESS}"' in preload.document()
    answer = client.get(f"/{web_manifest.ADDRESS}")
    assert answer.headers["content-type"] == "application/manifest+json"
    named = answer.json()
    assert (named["display"], named["start_url"]) == ("standalone", "./")
    for entry in named["icons"]:
        picture = Image.open(BytesIO(client.get(entry["src"].removeprefix(".")).content)).convert("RGB")
        assert f"{picture.width}x{picture.height}" == entry["sizes"]
        corner, ring = picture.getpixel((0, 0)), picture.getpixel((picture.width // 2, int(picture.height * 0.30)))
        assert corner == (0xFB, 0xFA, 0xF7)
        assert ring != corner  # the mark is drawn
    assert client.get("/icon-7.png").status_code == 404


def test_a_brand_has_its_own_name_line_and_icon():
    brand = BrandSettings(name="Acme Revenue Desk", tagline="One forecast", accent="#7a1f5c")
    client = TestClient(Starlette(routes=web_manifest.routes(lambda: brand)))
    named = client.get(f"/{web_manifest.ADDRESS}").json()
    assert (named["name"], named["short_name"], named["description"]) == (
        "Acme Revenue Desk",
        "Acme Revenue",
        "One forecast",
    )
    picture = Image.open(BytesIO(client.get("/icon-192.png").content)).convert("RGB")
    shares = {colour: n / 192**2 for n, colour in picture.getcolors(1_000_000)}
    assert shares[0x7A, 0x1F, 0x5C] > 0.2
    assert shares[0xFF, 0xFF, 0xFF] > 0.01  # its letter
