"""Streamlit's own scripts and styles, compressed: sent as they are, a first page takes 2.5 MB, and the half a minute.

Each file is compressed once per process, when it is first asked for. Names hold a hash of the content, so a browser
keeps them for a year.
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.resources import app_folder
from pages.ui.server import icon_font, text_font
from pages.ui.server.preload import FILES

NAMED = re.compile(r"\./(static/(?:js|css)/[^\"?]+\.(?:js|css))")
KEPT = "public, immutable, max-age=31536000"
TYPES = {".js": "text/javascript", ".css": "text/css"}
LEVEL, BEST = 9, 11  # The best costs ten times the time and saves a tenth: for what every first visit asks for.
SYMBOLS, LETTERS = "symbols", "letters"
FONTS = {"MaterialSymbols-Rounded.*.woff2": SYMBOLS, "SourceSansVF-Upright.*.woff2": LETTERS}
SMALLEST = 512  # bytes; below, the headers weigh more
WAYS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=LEVEL),
    "gzip": lambda content: gzip.compress(content, LEVEL, mtime=0),
    SYMBOLS: lambda font: icon_font.subset(font, icon_font.names_used(FILES / "static" / "js", app_folder())),
    LETTERS: text_font.subset,
}


class Bodies:
    """Files as they travel, each made once; who asks for one that is being made waits for that one alone."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._locks: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)

    def made(self, path: Path, way: str) -> bytes:
        """Return the content of a file, made smaller in a way of `WAYS`."""
        key = (path.name, way)
        with self._locks[key]:
            if key not in self._bodies:
                self._bodies[key] = WAYS[way](path.read_bytes())
        return self._bodies[key]

    def put(self, path: Path, way: str, body: bytes) -> None:
        """Keep a better body for a file."""
        self._bodies[(path.name, way)] = body


BODIES = Bodies()


def fonts(folder: Path = FILES) -> dict[str, tuple[Path, str]]:
    """Return the fonts that are sent with a part of their letters: by address, the file and the way of `WAYS`."""
    paths = [(path, way) for kind, way in FONTS.items() for path in folder.glob(f"static/media/{kind}")]
    return {f"/{path.relative_to(folder).as_posix()}": (path, way) for path, way in paths}


def make_ready(document: str, folder: Path = FILES) -> None:
    """Make the fonts, and what a document names as small as can be, before a browser asks: this takes seconds."""
    for path, way in fonts(folder).values():
        BODIES.made(path, way)
    for address in sorted(set(NAMED.findall(document))):
        if (folder / address).is_file():
            BODIES.put(folder / address, "br", brotli.compress((folder / address).read_bytes(), quality=BEST))


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
        body = await run_in_threadpool(BODIES.made, path, way)
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
