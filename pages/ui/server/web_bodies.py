"""Scripts, styles and fonts as they travel to browsers, each made small once and kept in the home folder.

The best compression takes ten times the time and saves a tenth: it is for what every first visit asks for, and is made
before that. What is asked for earlier, or by few, travels in what is quick.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import brotli

from core.artifacts import BYTES, WEB_FILES, ArtifactCache, key
from core.resources import app_folder
from pages.ui.server import icon_font, text_font

LEVEL, BEST = 9, 11
SMALLEST_BR, SYMBOLS, LETTERS = "smallest br", "symbols", "letters"
BETTER = {"br": SMALLEST_BR}
MODULES = ("pages.ui.server.icon_font", "pages.ui.server.text_font")
LIBRARIES = ("brotli", "fonttools")


@dataclass(frozen=True)
class Way:
    """A way to make a file smaller.

    Attributes
    ----------
    encode : callable
        Given the file's path, returns what travels.
    parameters : callable
        Given the path, returns what that depends on beside the file's content and the code.
    """

    encode: Callable[[Path], bytes]
    parameters: Callable[[Path], object]


def _symbols(font: Path) -> frozenset[str]:
    return icon_font.names_used(font.parents[1] / "js", app_folder())


WAYS = {
    "br": Way(lambda path: brotli.compress(path.read_bytes(), quality=LEVEL), lambda _: LEVEL),
    SMALLEST_BR: Way(lambda path: brotli.compress(path.read_bytes(), quality=BEST), lambda _: BEST),
    "gzip": Way(lambda path: gzip.compress(path.read_bytes(), LEVEL, mtime=0), lambda _: LEVEL),
    SYMBOLS: Way(lambda font: icon_font.subset(font.read_bytes(), _symbols(font)), _symbols),
    LETTERS: Way(lambda font: text_font.subset(font.read_bytes()), lambda _: None),
}


class Bodies:
    """Files as they travel; who asks for one that is being made waits for that one alone."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[Path, str], bytes] = {}
        self._locks: defaultdict[tuple[Path, str], Lock] = defaultdict(Lock)
        self._cache: ArtifactCache | None = None

    def keep_in(self, cache: ArtifactCache) -> None:
        """Keep what is made from now on, for the servers that start after this one."""
        self._cache = cache

    def made(self, path: Path, way: str) -> bytes:
        """Return a file made smaller in a way of `WAYS`: from memory, else from disk, else made now."""
        with self._locks[path, way]:
            body = self._bodies.get((path, way))
            if body is None:
                body = self._bodies[path, way] = self._from_disk(path, way)
        return body

    def sent(self, path: Path, way: str) -> bytes:
        """Return a file in the best way that is there already, else in a quick one, made now.

        Parameters
        ----------
        path : Path
        way : {"br", "gzip"}
            What the browser takes.
        """
        better = BETTER.get(way, way)
        has_better = (path, better) in self._bodies or ((path, way) not in self._bodies and self._is_kept(path, better))
        return self.made(path, better if has_better else way)

    def _from_disk(self, path: Path, way: str) -> bytes:
        if self._cache is None:
            return WAYS[way].encode(path)
        return self._cache.get(WEB_FILES, body_key(path, way), lambda: WAYS[way].encode(path), BYTES)

    def _is_kept(self, path: Path, way: str) -> bool:
        return self._cache is not None and self._cache.is_kept(WEB_FILES, body_key(path, way))


BODIES = Bodies()


def body_key(path: Path, way: str) -> str:
    """Return the name under which a file made smaller is kept: of its content, the way, the code and the libraries."""
    versions = [version(library) for library in LIBRARIES]
    return key(WEB_FILES, path.read_bytes(), WAYS[way].parameters(path), MODULES, way, versions)
