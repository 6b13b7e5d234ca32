"""Published figures with source and year, as context: they measure other companies, and often otherwise."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.contracts.errors import ConfigError
from core.contracts.yaml_text import YamlError, read_yaml
from core.formats import money, percent
from core.localization import message
from core.resources import beside_settings

FILE = "public_figures.yaml"
COLUMNS: dict[str, Any] = {
    "figure": pl.String,
    "group": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "source": pl.String,
    "year": pl.Int64,
    "address": pl.String,
}


def listed(text: str | None = None) -> pl.DataFrame:
    """Return the published figures: figure, group, value, unit, source, year, address.

    Parameters
    ----------
    text : str, optional
        YAML; default the file beside the settings.

    Raises
    ------
    ConfigError
        When an entry lacks its source or year, or is no figure.

    Examples
    --------
    >>> listed("[]").height
    0
    """
    given = beside_settings(FILE).read_text(encoding="utf-8") if text is None else text
    try:
        entries = read_yaml(given) or []
    except YamlError as error:
        raise ConfigError(message("The published figures are no YAML. {error}", error=error), FILE) from error
    if not isinstance(entries, list):
        raise ConfigError("The published figures are no list.", FILE, "Begin each with a dash.")
    for number, entry in enumerate(entries, 1):
        lacking = [name for name in COLUMNS if not isinstance(entry, dict) or entry.get(name) in (None, "")]
        if lacking:
            raise ConfigError(
                message("A published figure lacks {lacking}.", lacking=", ".join(lacking)),
                message("{file}, number {number}", file=FILE, number=number),
                "Add it.",
            )
    try:
        return pl.DataFrame([[entry[name] for name in COLUMNS] for entry in entries], schema=COLUMNS, orient="row")
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise ConfigError("A published figure is no number, or its year is none.", FILE) from error


def written(value: float, unit: str) -> str:
    """Write a figure with its unit: a share as per cent, an amount with its currency, all else with the unit's word.

    Examples
    --------
    >>> written(0.33, "share"), written(28_000, "USD"), written(1.14, "USD"), written(60, "days")
    ('33.0 %', 'USD 28.0 k', 'USD 1.14', '60 days')
    """
    if unit == "share":
        return percent(value)
    if len(unit) == 3 and unit.isupper():
        return money(value, unit) if value >= 1_000 else f"{unit} {value:.2f}"
    return f"{value:g} {unit}"
