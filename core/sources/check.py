"""What a folder of exports holds, said before anything is made of it; the body of `quarterdeck check`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.config.calendar import quarter_end, quarter_label, quarter_start
from core.contracts import FRAMES, Dataset
from core.contracts.errors import QuarterdeckError, SourceError
from core.localization import message
from core.sources.folder import Reading, reading_of_folder
from core.sources.inventory import of_folder

MOST_LEFT_OUT = 5_000
NOTHING = {
    "n_deals": 0,
    "forecast_sees": 0,
    "accounts_matched": 0,
    "quarters": [],
    "won_n": 0,
    "won_amount": 0.0,
    "lost_n": 0,
    "open_n": 0,
    "open_n_by_history": 0,
    "open_amount": 0.0,
    "close_first": None,
    "close_last": None,
    "created_first": None,
    "as_of": None,
    "currency": None,
    "recognised_as": [],
    "left_out": [],
    "notes": [],
    "questions": [],
}


@dataclass(frozen=True)
class Check:
    """What a check came to.

    Attributes
    ----------
    figures : dict
        Empty where the folder was refused and nothing in it can be shown as fact.
    refusal : str
        Why the folder cannot be used, with where and how to mend it; empty where it can.
    reading : Reading, optional
    settings : Settings
    """

    figures: dict[str, Any]
    refusal: str
    reading: Reading | None
    settings: Settings

    def counted(self, forecast_sees: int, open_n_by_history: int) -> Check:
        """Return the check with what the forecast takes in and what the history holds open."""
        figures = {**self.figures, "forecast_sees": forecast_sees, "open_n_by_history": open_n_by_history}
        return replace(self, figures=figures)

    def text(self) -> str:
        """Say it in lines."""
        f = self.figures
        money = f"{f['currency']} "
        lines = [
            *(_taken_for(r) for r in f["recognised_as"]),
            message(
                "{n_deals:,} deals: {won_n:,} won with {money}{won_amount:,.2f}, {lost_n:,} lost, "
                "{open_n:,} open with {money}{open_amount:,.2f}; the forecast sees {forecast_sees:,}.",
                n_deals=f["n_deals"],
                won_n=f["won_n"],
                money=money,
                won_amount=f["won_amount"],
                lost_n=f["lost_n"],
                open_n=f["open_n"],
                open_amount=f["open_amount"],
                forecast_sees=f["forecast_sees"],
            ),
            message(
                "As of {as_of}; closings from {close_first} to {close_last}.",
                as_of=f["as_of"],
                close_first=f["close_first"] or message("nowhere"),
                close_last=f["close_last"] or message("nowhere"),
            ),
            *(
                message(
                    "{label} ({start} to {end}): won {money}{won_amount:,.2f}",
                    label=q["label"],
                    start=q["start"],
                    end=q["end"],
                    money=money,
                    won_amount=q["won_amount"],
                )
                for q in f["quarters"]
            ),
            *f["notes"],
            *f["questions"],
        ]
        n = len(f["left_out"])
        return "\n".join(
            [*lines, f"{n:,} rows or cells were left out; --json lists them." if n else "Nothing was left out."]
        )


def _taken_for(entry: dict[str, Any]) -> str:
    name = (
        message("{file}, sheet {sheet}", file=entry["file"], sheet=entry["sheet"]) if entry["sheet"] else entry["file"]
    )
    if not entry["entity"]:
        return message("{name}: not recognised", name=name)
    return message(
        "{name}: {entity} ({layout}), {confidence:.0f} % sure",
        name=name,
        entity=entry["entity"].replace("_", " "),
        layout=entry["layout"],
        confidence=entry["confidence"] * 100,
    )


def run(folder: str | Path, mapping: str | Path | None, settings: Settings) -> Check:
    """Read a folder and work out what it holds. Nothing is trained and nothing is kept.

    Parameters
    ----------
    folder : path
    mapping : path, optional
        A column map.
    settings : Settings

    Returns
    -------
    Check
        Refused, with figures of 0, where there is no row at all; refused without figures where a file, column or map
        cannot be read.
    """
    try:
        reading = reading_of_folder(folder, mapping, settings)
    except QuarterdeckError as error:
        return Check(NOTHING if _is_bare(folder) else {}, str(error), None, settings)
    figures = summary(reading, settings)
    data = reading.dataset
    if not any(data.has(name) for name in FRAMES):
        files = ", ".join(dict.fromkeys(m.table.file for m in reading.matches)) or str(folder)
        refusal = SourceError(
            "The files hold a header and no row that can be used.", files, "Export them again, with their rows."
        )
        return Check(figures, str(refusal), reading, settings)
    return Check(figures, "", reading, settings)


def _is_bare(folder: str | Path) -> bool:
    """Say whether every file of a folder is empty: then nothing is a fact about it too."""
    try:
        files = of_folder(folder).files
    except QuarterdeckError:
        return False
    return bool(files) and not any(content.strip() for content in files.values())


def summary(reading: Reading, settings: Settings) -> dict[str, Any]:
    """Return the figures of a reading, as `quarterdeck check --json` prints them.

    Amounts are in the reporting currency; those without a rate to it are in no sum.
    """
    data = reading.dataset
    deals = data.opportunities
    won, lost = deals.filter("is_won"), deals.filter(pl.col("is_closed") & ~pl.col("is_won"))
    running = deals.filter(~pl.col("is_closed"))
    return NOTHING | {
        "n_deals": deals.height,
        "accounts_matched": _accounts_matched(data),
        "quarters": _quarters(won, settings),
        "won_n": won.height,
        "won_amount": _total(won),
        "lost_n": lost.height,
        "open_n": running.height,
        "open_amount": _total(running),
        "close_first": _day(deals["close_on"].min()),
        "close_last": _day(deals["close_on"].max()),
        "created_first": _day(deals["created_on"].min()),
        "as_of": data.as_of.isoformat(),
        "currency": data.currency or settings.currency,
        "recognised_as": [
            {
                "file": m.table.file,
                "sheet": m.table.sheet,
                "layout": m.layout.vendor if m.layout else None,
                "entity": m.entity,
                "confidence": m.confidence,
                "n_rows": m.table.frame.height,
                "columns": {c.column: list(c.headers) for c in m.columns},
            }
            for m in reading.matches
        ],
        "left_out": _left_out(data),
        "notes": list(reading.notes),
        "questions": [q.sentence() for q in reading.questions],
    }


def _total(rows: pl.DataFrame) -> float:
    return round(float(rows["amount"].sum()), 2)


def _day(value: object) -> str | None:
    return str(value) if value is not None else None


def _accounts_matched(data: Dataset) -> int:
    """Return how many deals name an account that is there."""
    return data.opportunities.join(data.accounts, on="account_id", how="semi").height


def _quarters(won: pl.DataFrame, settings: Settings) -> list[dict[str, Any]]:
    """Return the fiscal quarters with a deal won in them, in order."""
    dated = won.filter(pl.col("close_on").is_not_null())
    starts = {d: quarter_start(d, settings) for d in dated["close_on"].unique().to_list()}
    begun = pl.col("close_on").replace_strict(starts, default=None, return_dtype=pl.Date).alias("start")
    rows = dated.group_by(begun).agg(pl.col("amount").sum(), n=pl.len()).sort("start")
    return [
        {
            "label": quarter_label(start, settings),
            "start": str(start),
            "end": str(quarter_end(start, settings)),
            "won_amount": round(amount, 2),
            "won_n": n,
        }
        for start, amount, n in rows.iter_rows()
    ]


def _left_out(data: Dataset) -> list[dict[str, Any]]:
    """Return rows left out first, then cells that count as empty and rows read otherwise than they stand."""
    both = pl.concat([data.rejected, data.emptied]).head(MOST_LEFT_OUT)
    return both.select("entity", "file", "sheet", "row", "column", "reason").to_dicts()
