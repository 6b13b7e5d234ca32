"""Streamlit's own scripts and styles, compressed: sent as they are, a first page takes 2.5 MB, and the half a minute.

Each file is compressed once per process, when it is first asked for. Names hold a hash of the content, so a browser
keeps them for a year.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.resources import app_folder
from pages.ui.server import icon_font
from pages.ui.server.preload import FILES

KEPT = "public, immutable, max-age=31536000"
TYPES = {".js": "text/javascript", ".css": "text/css"}
LEVEL = 9  # Two more cost ten times the time and save a twentieth.
SYMBOLS = "symbols"
SMALLEST = 512  # bytes; below, the headers weigh more
WAYS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=LEVEL),
    "gzip": lambda content: gzip.compress(content, LEVEL, mtime=0),
    SYMBOLS: lambda font: icon_font.subset(font, icon_font.names_used(FILES / "static" / "js", app_folder())),
}


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
        self.symbols = next(iter(folder.glob("static/media/MaterialSymbols-Rounded.*.woff2")), None)
        self._address = f"/{self.symbols.relative_to(folder).as_posix()}" if self.symbols else ""
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._alone = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        if is_get and scope["path"] == self._address and self.symbols is not None:
            body = await run_in_threadpool(self._made, self.symbols, SYMBOLS)
            await Response(body, media_type="font/woff2", headers={"Cache-Control": KEPT})(scope, receive, send)
            return
        way = accepted(Headers(scope=scope).get("accept-encoding", "")) if is_get else ""
        path = self.files.get(scope["path"]) if way else None
        if path is None or path.stat().st_size < SMALLEST:
            await self.app(scope, receive, send)
            return
        body = await run_in_threadpool(self._made, path, way)
        headers = {"Cache-Control": KEPT, "Vary": "Accept-Encoding", "Content-Encoding": way}
        await Response(body, media_type=TYPES[path.suffix], headers=headers)(scope, receive, send)

    def _made(self, path: Path, way: str) -> bytes:
        key = (path.name, way)
        with self._alone:
            if key not in self._bodies:
                self._bodies[key] = WAYS[way](path.read_bytes())
        return self._bodies[key]


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
