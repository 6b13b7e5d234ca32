"""Pairs of capabilities that somebody read and said are different; the latest word on a pair stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.localization import message
from core.metrics import counted

TARGET = "pair of capabilities "
APART, ASK = "told apart", "asked about again"
Pair = tuple[str, str]
ROWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "one_id": pl.String,
    "one": pl.String,
    "other_id": pl.String,
    "other": pl.String,
    "who": pl.String,
    "at": pl.Datetime("us"),
}


@dataclass(frozen=True)
class Apart:
    """Pairs said to be different, newest first.

    Attributes
    ----------
    frame : pl.DataFrame
        [one_id, one, other_id, other, who, at]: at in UTC.
    """

    frame: pl.DataFrame

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The ids of each pair, in the order of the alphabet."""
        return tuple(sorted((row["one_id"], row["other_id"]) for row in self.frame.iter_rows(named=True)))

    def sentence(self) -> str:
        """Say how many pairs are not asked about any more."""
        return message(
            "{pairs} read and said to be different", pairs=counted(self.frame.height, "pair was", "pairs were")
        )


def pair(one_id: str, other_id: str) -> Pair:
    """Return two ids so that either order is the same pair."""
    return (one_id, other_id) if one_id <= other_id else (other_id, one_id)


def target(one_id: str, other_id: str) -> str:
    """Name the pair, as the audit log shows it."""
    return f"{TARGET}{' / '.join(pair(one_id, other_id))}"


def detail(one_id: str, other_id: str) -> str:
    """Return both ids, as the audit log keeps them to be read back."""
    return json.dumps(pair(one_id, other_id), ensure_ascii=False)


def read(trail: pl.DataFrame, standing: pl.DataFrame) -> Apart:
    """Return the pairs whose latest word is that they are different.

    Parameters
    ----------
    trail : pl.DataFrame
        The audit log's rows about pairs, oldest first: [at, user, action, target, detail]. A row that cannot be
        read is passed over.
    standing : pl.DataFrame
        The catalogue: [capability_id, name, is_retired]. Pairs of which one is retired or gone are left out.
    """
    latest: dict[Pair, Mapping[str, Any]] = {}
    for row in trail.iter_rows(named=True):
        key = _ids(row)
        if key is not None:
            latest.pop(key, None)
            latest[key] = row
    names = dict(standing.filter(~pl.col("is_retired")).select("capability_id", "name").iter_rows())
    rows = [
        (first, names[first], second, names[second], row["user"], row["at"])
        for (first, second), row in reversed(latest.items())
        if row["action"] == APART and first in names and second in names
    ]
    return Apart(pl.DataFrame(rows, schema=ROWS, orient="row"))


def _ids(row: Mapping[str, Any]) -> Pair | None:
    """Return the pair a row of the audit log speaks of; None where it says neither word or names no pair."""
    try:
        first, second = json.loads(row["detail"])
    except (ValueError, TypeError):
        return None
    if row["action"] not in (APART, ASK) or not (isinstance(first, str) and isinstance(second, str)):
        return None
    return pair(first, second)
