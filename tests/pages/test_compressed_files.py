"""Streamlit's scripts, styles and symbols travel small, and are the same once unpacked."""

from __future__ import annotations

import gzip
from dataclasses import replace
from io import BytesIO

import brotli
import pytest
from fontTools.ttLib import TTFont
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.artifacts import ArtifactCache
from core.artifacts.folder_tier import FolderTier
from core.resources import app_folder
from pages.ui.server import compressed_files, icon_font, text_font
from pages.ui.server.compressed_files import CompressedFiles
from pages.ui.server.preload import FILES
from pages.ui.server.web_bodies import LEVEL, SMALLEST_BR, WAYS, Bodies

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


def test_the_font_of_texts_has_latin_letters_and_the_whole_one_is_there_for_others(client):
    path = next(FILES.glob("static/media/SourceSansVF-Upright.*.woff2"))
    small = client.get(f"/static/media/{path.name}").content
    assert len(small) < 50_000
    letters = set(TTFont(BytesIO(small)).getBestCmap())
    assert {ord(letter) for letter in "aÄłş€–…≈→"} <= letters
    assert "fvar" in TTFont(BytesIO(small))
    assert client.get(f"/static/media/{path.name}?{text_font.WHOLE}").text == "other"  # Streamlit's own file
    named = [span.removeprefix("U+").split("-") for span in text_font.OTHERS.split(",")]
    others = {code for begin, last in named for code in range(int(begin, 16), int(last, 16) + 1)}
    assert not others & letters
    lacking = set(TTFont(BytesIO(path.read_bytes())).getBestCmap()) - letters - others
    assert all(code > 0xFEFE or 0x2E00 <= code < 0x2E80 for code in lacking)  # pictures and rare signs


def test_what_the_document_names_is_as_small_as_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed_files, "BODIES", Bodies())
    path = script(tmp_path)
    compressed_files.make_ready('<script src="./static/js/first.1.js"><link href="./static/js/gone.js">', tmp_path)
    body = compressed_files.BODIES.sent(path, "br")
    assert brotli.decompress(body) == path.read_bytes()
    assert len(body) < len(brotli.compress(path.read_bytes(), quality=LEVEL))


def test_a_server_that_starts_later_takes_what_an_earlier_one_made(tmp_path, monkeypatch):
    path, home, made = script(tmp_path), tmp_path / "home", []
    for way, entry in WAYS.items():
        counted = replace(entry, encode=lambda path, way=way, entry=entry: made.append(way) or entry.encode(path))
        monkeypatch.setitem(WAYS, way, counted)
    first, later = kept_in(home), kept_in(home)
    quick = first.sent(path, "br")
    smallest = first.made(path, SMALLEST_BR)
    assert made == ["br", SMALLEST_BR]
    assert len(later.sent(path, "br")) == len(smallest) < len(quick)
    assert (first.sent(path, "br"), later.made(path, "br"), made[2:]) == (smallest, quick, [])
    path.write_bytes(b"other" * 200)
    assert brotli.decompress(kept_in(home).sent(path, "br")) == b"other" * 200


def test_a_home_that_cannot_be_written_to_keeps_nothing_and_the_file_travels(tmp_path):
    path, home = script(tmp_path), tmp_path / "home"
    home.write_text("no folder", encoding="utf-8")
    assert brotli.decompress(kept_in(home).sent(path, "br")) == path.read_bytes()


def script(folder):
    path = folder / "static" / "js" / "first.1.js"
    path.parent.mkdir(parents=True)
    path.write_bytes(SCRIPT.read_bytes()[:60_000])
    return path


def kept_in(home):
    bodies = Bodies()
    bodies.keep_in(ArtifactCache(FolderTier(home / "artifacts")))
    return bodies


def ligatures(font):
    opened = TTFont(BytesIO(font))
    letter_of = {glyph: chr(code) for code, glyph in opened.getBestCmap().items()}
    tables = [getattr(t, "ExtSubTable", t) for look in opened["GSUB"].table.LookupList.Lookup for t in look.SubTable]
    pairs = [(first, entry) for t in tables for first, entries in t.ligatures.items() for entry in entries]
    return {"".join(letter_of.get(glyph, "?") for glyph in (first, *entry.Component)) for first, entry in pairs}
