"""Streamlit's own scripts and styles, compressed: sent as they are, a first page takes 2.5 MB, and the half a minute.

Names hold a hash of the content, so a browser keeps them for a year.
"""

from __future__ import annotations

import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.ui.server import text_font
from pages.ui.server.preload import FILES
from pages.ui.server.web_bodies import BODIES, LETTERS, SMALLEST_BR, SYMBOLS

NAMED = re.compile(r"\./(static/(?:js|css)/[^\"?]+\.(?:js|css))")
KEPT = "public, immutable, max-age=31536000"
TYPES = {".js": "text/javascript", ".css": "text/css"}
FONTS = {"MaterialSymbols-Rounded.*.woff2": SYMBOLS, "SourceSansVF-Upright.*.woff2": LETTERS}
SMALLEST = 512  # bytes; below, the headers weigh more


def fonts(folder: Path = FILES) -> dict[str, tuple[Path, str]]:
    """Return the fonts that are sent with a part of their letters: by address, file and way."""
    paths = [(path, way) for kind, way in FONTS.items() for path in folder.glob(f"static/media/{kind}")]
    return {f"/{path.relative_to(folder).as_posix()}": (path, way) for path, way in paths}


def make_ready(document: str, folder: Path = FILES) -> None:
    """Make the fonts, and what a document names as small as can be, before a browser asks.

    This takes seconds of the processor for the first server of a home, and next to none for those after it.
    """
    for path, way in fonts(folder).values():
        BODIES.made(path, way)
    for address in sorted(set(NAMED.findall(document))):
        if (folder / address).is_file():
            BODIES.made(folder / address, SMALLEST_BR)


class CompressedFiles:
    """ASGI middleware that answers for scripts and styles the way a browser takes them: Brotli, gzip, or as they are.

    Parameters
    ----------
    app : ASGI application
        Answers everything else.
    folder : Path
        Streamlit's files; a request counts when its path below the app names a script or a style in it.
    """

    def __init__(self, app: ASGIApp, folder: Path = FILES) -> None:
        self.app = app
        kinds = ("static/js/*.js", "static/css/*.css")
        self.files = {f"/{path.relative_to(folder).as_posix()}": path for kind in kinds for path in folder.glob(kind)}
        self.fonts = fonts(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        font = self.fonts.get(scope["path"]) if is_get else None
        if font is not None and scope.get("query_string", b"").decode("latin-1") != text_font.WHOLE:
            body = await run_in_threadpool(BODIES.made, *font)
            await Response(body, media_type="font/woff2", headers={"Cache-Control": KEPT})(scope, receive, send)
            return
        way = accepted(Headers(scope=scope).get("accept-encoding", "")) if is_get else ""
        path = self.files.get(scope["path"]) if way else None
        if path is None or path.stat().st_size < SMALLEST:
            await self.app(scope, receive, send)
            return
        body = await run_in_threadpool(BODIES.sent, path, way)
        headers = {"Cache-Control": KEPT, "Vary": "Accept-Encoding", "Content-Encoding": way}
        await Response(body, media_type=TYPES[path.suffix], headers=headers)(scope, receive, send)


def accepted(header: str) -> str:
    """Return the best way of compression a browser takes; empty where it takes none.

    Examples
    --------
    >>> accepted("gzip, deflate, br"), accepted("gzip;q=0.5"), accepted("br;q=0"), accepted("")
    ('br', 'gzip', '', '')
    """
    wanted = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        wanted[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0")
    return next((way for way in ("br", "gzip") if wanted.get(way)), "")
