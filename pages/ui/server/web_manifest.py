"""What lets a browser put the app on a phone's home screen: its name, colours and icons.

Source: W3C, Web Application Manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.branding import brand_pictures
from core.charts import typeface
from core.config.branding import BrandSettings
from core.resources import asset

SIDES = (192, 512)  # pixels; what Android and iOS ask for
GROUND = "#fbfaf7"
ADDRESS = "manifest.webmanifest"
# Signed in by a proxy, a browser asks for it with the cookies that let it in.
HEAD = (
    f'<link rel="manifest" href="./{ADDRESS}" crossorigin="use-credentials">'
    f'<link rel="apple-touch-icon" href="./icon-{SIDES[0]}.png">'
    f'<meta name="theme-color" content="{GROUND}" media="(prefers-color-scheme: light)">'
    '<meta name="theme-color" content="#10181f" media="(prefers-color-scheme: dark)">'
)
# The mark in the middle four fifths of a square, of which a phone may cut the corners.
ICON = '<svg xmlns="{0}" viewBox="-12 -12 56 56" width="{1}" height="{1}"><rect x="-12" y="-12" width="56" height="56" '
ICON += 'fill="{2}"/>{3}</svg>'
KEPT = {"Cache-Control": "public, max-age=3600"}


def manifest(brand: BrandSettings) -> dict[str, object]:
    """Return the manifest; addresses in it count from where it lies, so that a path before the app is kept."""
    icons = [
        {"src": f"./icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any maskable"}
        for side in SIDES
    ]
    colours = {"background_color": GROUND, "theme_color": GROUND}
    about = {"description": brand.tagline} if brand.tagline else {}
    return {"name": brand.name, "short_name": brand.short_name, **about, "start_url": "./", "display": "standalone"} | {
        "icons": icons,
        **colours,
    }


class Icons:
    """The mark as pictures, each drawn when it is first asked for."""

    def __init__(self) -> None:
        self._pictures: dict[tuple[int, str], bytes] = {}
        self._alone = Lock()

    def picture(self, side: int, brand: BrandSettings) -> bytes:
        """Return the icon as PNG, so many pixels wide and high."""
        is_own = bool(brand_pictures.icon_address(brand))
        key = side, brand_pictures.mark(brand) if is_own else asset("mark.svg").read_text(encoding="utf-8")
        with self._alone:
            if key not in self._pictures:
                self._pictures[key] = _drawn(*key)
        return self._pictures[key]


def _drawn(side: int, mark: str) -> bytes:
    import vl_convert

    typeface.register()  # A letter of an unknown family would not be drawn.
    picture = ICON.format("http://www.w3.org/2000/svg", side, GROUND, mark)
    return bytes(vl_convert.svg_to_png(picture, scale=1))


def routes(brand: Callable[[], BrandSettings]) -> list[Route]:
    """Return the routes of the manifest and of the icons, which anybody may ask for; `brand` gives the one in force."""
    icons = Icons()

    async def manifest_file(_: Request) -> Response:
        text = json.dumps(manifest(brand()))
        return Response(text, media_type="application/manifest+json", headers=KEPT)

    async def icon(request: Request) -> Response:
        side = int(request.path_params["side"])
        if side not in SIDES:
            return Response(status_code=404)
        return Response(await run_in_threadpool(icons.picture, side, brand()), media_type="image/png", headers=KEPT)

    return [Route(f"/{ADDRESS}", manifest_file), Route("/icon-{side:int}.png", icon)]
