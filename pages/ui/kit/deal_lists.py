"""Lists of deals say whose each deal is and with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.column_labels import label
from core.metrics import deal_facts

if TYPE_CHECKING:
    from pages.ui.kit.shell import Page


def complete(page: Page, frame: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return a table of deals with account and owner, and its options with both headed; other tables as they are."""
    if "opportunity_id" not in frame.columns:
        return frame, options
    out = deal_facts.with_people(page.data, page.settings, frame)
    added = [name for name in out.columns if name not in frame.columns]
    shown = dict(options)
    shown["column_config"] = {**{name: label(name) for name in added}, **(options.get("column_config") or {})}
    if order := options.get("column_order"):
        shown["column_order"] = [*order, *(name for name in added if name not in order)]
    return out, shown
