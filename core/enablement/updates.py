"""Product updates: what is new, for which capability."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.config import load as settings_in_force
from core.contracts.errors import RequirementError
from core.contracts.yaml_text import YamlError, read_yaml
from core.resources import industry_file

SHIPPED = "product_updates.yaml"
SHAPE = {
    "title": pl.String,
    "released_on": pl.Date,
    "capability_id": pl.String,
    "what": pl.String,
    "why": pl.String,
}


def load(content: bytes | str | None = None, name: str = "updates.yaml") -> pl.DataFrame:
    """Read product updates from YAML: a list of mappings with title, released_on, capability_id, what, why.

    Parameters
    ----------
    content : bytes or str, optional
        Default the example shipped for the industry of the settings; none where it is missing.
    name : str
        The file's name, for messages.

    Raises
    ------
    RequirementError
        When it is not a list of updates, each with a title.
    """
    if content is None:
        shipped = industry_file(settings_in_force().demo.industry, SHIPPED)
        content = shipped.read_text(encoding="utf-8") if shipped.exists() else "[]"
    try:
        listed = read_yaml(content)
    except YamlError as error:
        raise RequirementError("The updates are not valid YAML.", name, str(error)) from error
    if not isinstance(listed, list) or not all(isinstance(entry, dict) and entry.get("title") for entry in listed):
        raise RequirementError("Updates are a list, each with a title.", name, "Start each with `- title:`.")
    return pl.DataFrame([_row(entry) for entry in listed], schema=SHAPE)


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    day = entry.get("released_on")
    text = {
        key: str(entry[key]).strip() if entry.get(key) is not None else None for key in SHAPE if key != "released_on"
    }
    released_on = pl.Series([str(day or "")[:10]]).str.to_date("%Y-%m-%d", strict=False)[0]
    return {**text, "released_on": released_on}
