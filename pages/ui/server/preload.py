"""The document a browser asks for first: Streamlit's own, made to fetch the parts of the first page early.

Streamlit loads the code of an element when the first one of its kind arrives. On a fresh start that is
when the numbers do, and drawing waits for it. Here the browser asks for that code while the server still reads.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.config.branding import PRODUCT, BrandSettings
from pages.ui.server import text_font, web_manifest

TITLE = re.compile(r"<title>[^<]*</title>")
FILES = Path(st.__file__).parent / "static"
# The pages send it too, but a browser has that only when the run has ended, and everything moves then. It stands at the
# end of the document, for of rules of the same weight the last one holds.
LOOK = f"<style>{Path(__file__).parents[1].joinpath('kit', 'look.css').read_text(encoding='utf-8')}</style>"
EARLY = ("ArrowVegaLiteChart", "embed", "Metric", "PageLink", "ButtonGroup", "DownloadButton", "Checkbox")
# Over a slow line what draws charts would only hold up the first words.
HEAVY = re.compile(r"/(ArrowVegaLiteChart|embed)\.")
SLOW = "navigator.connection&&(navigator.connection.saveData||navigator.connection.downlink<3)"


def document(files: Path = FILES, early: tuple[str, ...] = EARLY, name: str = PRODUCT) -> str:
    """Return Streamlit's document with imports of the files of some elements; a name without a file is left out."""
    scripts = [path.relative_to(files).as_posix() for name in early for path in files.glob(f"static/js/{name}.*.js")]
    light = "".join(f'import("./{path}");' for path in scripts if not HEAVY.search(path))
    heavy = "".join(f'import("./{path}");' for path in scripts if HEAVY.search(path))
    imports = light + (f"if(!({SLOW})){{{heavy}}}" if heavy else "")
    html = (files / "index.html").read_text(encoding="utf-8")
    html = TITLE.sub(lambda _: f"<title>{escape(name)}</title>", html, count=1)
    html = html.replace("</head>", f"{web_manifest.HEAD}</head>")
    for path in files.glob("static/media/SourceSansVF-Upright.*.woff2"):
        html = html.replace("</head>", f"{text_font.face(path.relative_to(files).as_posix())}</head>")
    return html.replace("</body>", f'{LOOK}<script type="module">{imports}</script></body>')


def routes(names: Iterable[str], brand: Callable[[], BrandSettings]) -> list[Route]:
    """Return the routes that answer with the document; like Streamlit's own it is asked for anew every time.

    Parameters
    ----------
    names : iterable of str
        Of the pages beside the first, as addresses name them.
    brand : callable
        Returns the brand in force, whose name the window bears until the page has given it its own.
    """
    _written(brand().name)

    async def answer(request: Request) -> Response:
        plain, small = _written(brand().name)
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if takes_gzip:
            headers["Content-Encoding"] = "gzip"
        return HTMLResponse(small if takes_gzip else plain, headers=headers)

    return [Route(path, answer) for path in ("/", *(f"/{name}" for name in names))]


@lru_cache(maxsize=4)
def _written(name: str) -> tuple[bytes, bytes]:
    """Return the document under a name, as it is and packed."""
    plain = document(name=name).encode()
    return plain, gzip.compress(plain, 9, mtime=0)
