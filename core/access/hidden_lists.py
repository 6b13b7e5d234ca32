"""Requirement lists under their buyers' invented names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar, cast

import polars as pl

from core.access import redaction
from core.access.redaction import Redaction
from core.contracts import Dataset
from core.localization import message

SHEETS_HIDDEN = "sheets_hidden"


class NamedList(Protocol):
    """A saved list by its name and what was saved of it."""

    @property
    def id(self) -> int:
        """Return its number in the store."""
        ...

    @property
    def name(self) -> str:
        """Return what it is called."""
        ...

    @property
    def payload(self) -> Mapping[str, Any]:
        """Return what was saved."""
        ...


L = TypeVar("L", bound=NamedList)


def hidden(saved: Sequence[L], shown: Dataset) -> list[L]:
    """Return lists as they are called where names are hidden, in the same order.

    Parameters
    ----------
    saved : sequence of saved lists
        Those of a deal are called by its buyer's invented name, others by their number.
    shown : Dataset
        With hidden names.

    Returns
    -------
    list
        Ids of deals and names in all texts are the invented ones; the name of the file is left out.
        `payload["sheets_hidden"]` says whether a name stands in a sheet's name, by which rows are known.
    """
    names = redaction.of(shown)
    titles: dict[int, str] = {}
    for entry in sorted(saved, key=lambda listed: listed.id):
        _, buyer = names.buyers.get(str(entry.payload.get("opportunity_id")), ("", ""))
        title = message("RFP of {buyer}", buyer=buyer) if buyer else message("Requirement list {id}", id=entry.id)
        titles[entry.id] = f"{title} ({entry.id})" if title in titles.values() else title
    return [_hidden(entry, titles[entry.id], names) for entry in saved]


def _hidden(entry: L, title: str, names: Redaction) -> L:
    deal, content = str(entry.payload.get("opportunity_id") or ""), entry.payload
    words = names.list_words(entry.name, deal)
    rows = [list(row) for row in content.get("rows") or []]
    replaced = iter(names.texts([cell for row in rows for cell in row if isinstance(cell, str)], words))
    shown = [[next(replaced) if isinstance(cell, str) else cell for cell in row] for row in rows]
    payload = {
        "opportunity_id": names.ids.get(deal),
        "summary": names.values(dict(content.get("summary") or {}), words),
        "file_key": content.get("file_key"),
        "rows": shown,
        SHEETS_HIDDEN: any(old[:1] != new[:1] for old, new in zip(rows, shown, strict=True)),
    }
    return cast("L", replace(cast("Any", entry), name=title, payload=payload))


def texts(saved: NamedList, frame: pl.DataFrame, shown: Dataset) -> pl.DataFrame:
    """Return rows of a list with the names in all of their texts hidden.

    Parameters
    ----------
    saved : saved list
        As the store gives it, under its own name.
    frame : pl.DataFrame
    shown : Dataset
        With hidden names.
    """
    names = redaction.of(shown)
    words = names.list_words(saved.name, saved.payload.get("opportunity_id"))
    columns = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(pl.Series(name, names.texts(frame[name], words), dtype=pl.String) for name in columns)


ANSWER_TEXTS = ("question", "answer", "detail", "evidence", "tags", "what")
HIDDEN_SOURCE = "an earlier list"


def answers(rows: pl.DataFrame, shown: Dataset) -> pl.DataFrame:
    """Return answers of one source with the names in their texts hidden, and the source's name.

    Parameters
    ----------
    rows : pl.DataFrame
        With source, the same in all rows, and any of question, answer, detail, evidence, tags and what.
    shown : Dataset
        With hidden names.
    """
    names = redaction.of(shown)
    words = names.list_words(str(rows["source"][0] or ""), None)
    columns = [name for name in ANSWER_TEXTS if name in rows.columns]
    return rows.with_columns(
        *(pl.Series(name, names.texts(rows[name], words), dtype=pl.String) for name in columns),
        source=pl.when(pl.col("source").is_not_null()).then(pl.lit(HIDDEN_SOURCE)),
    )
