"""Quarterdeck as an ASGI application, for `quarterdeck serve` and for any ASGI server.

While the first browser still loads its files, the rooms are imported and the executive page's numbers read.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.server import preload


@asynccontextmanager
async def ready(_: Any) -> AsyncIterator[None]:
    """Make ready beside the server, which answers at once."""
    from pages.ui.server import uploads, warmup

    uploads.bound()
    threading.Thread(target=warmup.ready, name=warmup.NAME, daemon=True).start()
    yield


app = st.App(Path(__file__).with_name("app.py"), lifespan=ready, routes=[preload.route()])
