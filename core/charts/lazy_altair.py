"""Altair, imported when a chart is first built: it takes a second, and a finished chart needs none."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt
else:

    class _Late:
        def __getattr__(self, name: str) -> Any:
            # The layer under Altair takes pandas from `sys.modules` as it finds it, and while another
            # session is just importing it, that is half of it. An import waits until it is whole.
            import_module("pandas")
            return getattr(import_module("altair"), name)

    alt = _Late()

__all__ = ["alt"]
