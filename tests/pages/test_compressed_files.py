"""Streamlit's scripts, styles and symbols travel small, and are the same once unpacked."""

from __future__ import annotations

import gzip
from io import BytesIO

import brotli
import pytest
from fontTools.ttLib import TTFont
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.resources import app_folder
from pages.ui.server import icon_font
from pages.ui.server.compressed_files import CompressedFiles
from pages.ui.server.preload import FILES

OPEN = 0xE89E  # the symbol open_in_new
SCRIPT = next((FILES / "static" / "js").glob("protobuf.*.js"))


@pytest.fixture(scope="module")
def client():
    def other(_):
        return PlainTextResponse("other")

    served = Starlette(routes=[Route("/{rest:path}", other)])
    return TestClient(CompressedFiles(served))


@pytest.mark.parametrize(("asked", "opened"), [("gzip, br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_script_comes_as_the_browser_takes_it(client, asked, opened):
    with client.stream("GET", f"/static/js/{SCRIPT.name}", headers={"Accept-Encoding": asked}) as answer:
        body = b"".join(answer.iter_raw())
    assert opened(body) == SCRIPT.read_bytes()
    assert len(body) < SCRIPT.stat().st_size / 5
    assert answer.headers["Cache-Control"].endswith("max-age=31536000")
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/static/js/none.js", "/", "/static/js/../js/x.js"])
def test_everything_else_is_answered_by_streamlit(client, path):
    assert client.get(path).text == "other"
    assert client.get(f"/static/js/{SCRIPT.name}", headers={"Accept-Encoding": "identity"}).text == "other"


def test_the_font_has_every_symbol_that_is_named_anywhere(client):
    path = next(FILES.glob("static/media/MaterialSymbols-Rounded.*.woff2"))
    body = client.get(f"/static/media/{path.name}").content
    assert len(body) < 40_000
    names = icon_font.names_used(FILES / "static" / "js", app_folder())
    assert {"keyboard_arrow_down", "restart_alt"} <= names
    assert ligatures(path.read_bytes()) & names == ligatures(body)
    assert OPEN in TTFont(BytesIO(body)).getBestCmap()  # tables draw it by its code


def ligatures(font):
    opened = TTFont(BytesIO(font))
    letter_of = {glyph: chr(code) for code, glyph in opened.getBestCmap().items()}
    tables = [getattr(t, "ExtSubTable", t) for look in opened["GSUB"].table.LookupList.Lookup for t in look.SubTable]
    pairs = [(first, entry) for t in tables for first, entries in t.ligatures.items() for entry in entries]
    return {"".join(letter_of.get(glyph, "?") for glyph in (first, *entry.Component)) for first, entry in pairs}
