"""Why the forecast is what it is, in money: over all open deals, and deal by deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ModelError
from core.explain.contributions import Contributions, explain
from core.explain.sentences import number
from core.localization import joined, message
from core.metrics.measure import left_over
from core.models import outlook
from core.models.bundle import Bundle
from core.models.close import CloseModel


@dataclass(frozen=True)
class ForecastReasons:
    """What makes up the number of one window.

    Attributes
    ----------
    window : str
    closed_amount, open_amount, new_amount, correction_amount, amount : float
        As the outlook shows them.
    open : Contributions
        The open part, split by driver, in money; its base is what the same amounts would bring at a
        typical deal's chance.
    """

    window: str
    closed_amount: float
    open_amount: float
    new_amount: float
    correction_amount: float
    amount: float
    open: Contributions

    @property
    def frame(self) -> pl.DataFrame:
        """Return [label, contribution] in the order of the waterfall; they sum to the number."""
        rows = [
            ("Already closed", self.closed_amount),
            ("Baseline (average win chance)", self.open.base),
            *((r["driver"], r["contribution"]) for r in self.open.by_driver().to_dicts()),
            ("Create-and-close", self.new_amount),
            *([("What past forecasts missed by", self.correction_amount)] if self.correction_amount else []),
        ]
        return pl.DataFrame(rows, schema={"label": pl.String, "contribution": pl.Float64}, orient="row")

    @property
    def residual(self) -> float:
        """Return the number less the sum of its parts: what does not add up."""
        return self.amount - float(self.frame["contribution"].sum())

    def sentence(self) -> str:
        """Say which drivers move the open part most."""
        money = self.open.currency
        top = [r for r in self.open.by_driver().head(3).to_dicts() if r["contribution"]]
        named = joined(
            *(
                message(
                    "{driver} ({sign}{amount})",
                    driver=r["driver"][:1].lower() + r["driver"][1:],
                    sign="+" if r["contribution"] >= 0 else "−",
                    amount=number(abs(r["contribution"]), "money", money),
                )
                for r in top
            ),
            by=", ",
        )
        head = message(
            "Open deals add {number} in {window}; at an average win chance they would add {number_2}.",
            number=number(self.open_amount, "money", money),
            window=self.window,
            number_2=number(self.open.base, "money", money),
        )
        return message("{head} Biggest drivers: {named}.", head=head, named=named) if named else head

    def check(self) -> str:
        """Say that the parts add up to the number shown."""
        total = number(self.amount, "money", self.open.currency)
        return message(
            "Adds up to {total}: {left_over}.", total=total, left_over=left_over(self.residual, self.open.currency)
        )


@needs_amounts
def forecast(dataset: Dataset, settings: Settings, bundle: Bundle, window: str | None = None) -> ForecastReasons:
    """The forecast split into closed deals, what drives the open ones, and create-and-close.

    Contributions are exact TreeSHAP values of the close model in log odds, carried to money along
    the straight path from a typical deal's chance to each deal's own, and summed over deals.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    window : str, optional
        As in `models.outlook.current`; default the running quarter.

    Returns
    -------
    ForecastReasons

    Raises
    ------
    ModelError
        When there is no close model or no open deal.
    """
    current = outlook.current(dataset, settings, bundle)
    if not current.windows:
        raise ModelError("There are no deals to forecast from.", mend="Load opportunities on the Data page.")
    row = current.frame.filter(pl.col("window") == (window or current.windows[-1])).to_dicts()[0]
    behind = current.deals.filter(pl.col("window") == row["window"])
    parts = _contributions(dataset, settings, bundle, row["days"], behind)
    closed, open_amount, new = row["closed_amount"], row["open_amount"], row["new_amount"]
    return ForecastReasons(row["window"], closed, open_amount, new, row["correction_amount"], row["amount"], parts)


def deal(dataset: Dataset, settings: Settings, bundle: Bundle, opportunity_id: str, days: int = 90) -> Contributions:
    """What raises and what lowers one deal's win chance.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    opportunity_id : str
    days : int
        Days ahead; between two horizons the straight line between their contributions.

    Returns
    -------
    Contributions
        In percentage points; base is a typical deal's chance.

    Raises
    ------
    ModelError
        When there is no close model, or the deal is not open.
    """
    model = bundle.need_close()
    parts = split(model, opened(bundle, opportunity_id), bundle.deal_scores.columns, days)
    return parts.with_amounts(dataset.amounts)


def opened(bundle: Bundle, opportunity_id: str) -> pl.DataFrame:
    """Return the features of one open deal, a single row.

    Raises
    ------
    ModelError
        When it is not open.
    """
    rows = bundle.deal_features.filter(pl.col("opportunity_id") == opportunity_id)
    if rows.is_empty():
        raise ModelError(
            message("There is no open deal {opportunity_id}.", opportunity_id=opportunity_id),
            mend="Choose one that is listed.",
        )
    return rows


def split(model: CloseModel, rows: pl.DataFrame, columns: Sequence[str], days: int) -> Contributions:
    """Split chances of being won in time, in points; `columns` are those of the horizons that scores are kept for."""
    weights = outlook.knots(columns, days)
    return mixed([(weight, explain(model.at(horizon), rows, unit="points")) for horizon, weight in weights.items()])


def _contributions(
    dataset: Dataset, settings: Settings, bundle: Bundle, days: int, deals: pl.DataFrame
) -> Contributions:
    bundle.need_close()
    amounts = tuple(deals.sort("opportunity_id").select("opportunity_id", "amount").iter_rows())
    weights = outlook.knots(bundle.deal_scores.columns, days)
    parts = mixed(
        [(weight, _of_horizon(dataset, settings, bundle, horizon, amounts)) for horizon, weight in weights.items()]
    )
    return parts.with_amounts(dataset.amounts)


@remembered(4)
def _of_horizon(
    dataset: Dataset, settings: Settings, bundle: Bundle, horizon: int, amounts: tuple[tuple[str, float], ...]
) -> Contributions:
    """Split every open deal's expected money at one horizon; windows between two horizons share it."""
    filled = pl.DataFrame(amounts, schema={"opportunity_id": pl.String, "shown_amount": pl.Float64}, orient="row")
    rows = bundle.deal_features.join(filled, on="opportunity_id")
    if rows.is_empty():
        raise ModelError("There is no open deal to explain.", mend="Load open deals on the Data page.")
    return explain(bundle.need_close().at(horizon), rows, None, "money", "shown_amount", settings.currency)


def mixed(parts: list[tuple[float, Contributions]]) -> Contributions:
    """Return a weighted sum of contributions to the same entities, as for a day between two horizons.

    Parameters
    ----------
    parts : list of (weight, Contributions)
        All of the same entities and features, in the same order.
    """
    if len(parts) == 1 and parts[0][0] == 1.0:
        return parts[0][1]
    first = parts[0][1]
    total = reduce(np.add, [w * c.frame["contribution"].to_numpy() for w, c in parts])
    ends = {
        name: reduce(np.add, [w * c.entities[name].to_numpy() for w, c in parts])
        for name in ("base", "shown", "residual")
    }
    return Contributions(
        first.frame.with_columns(contribution=pl.Series(total)),
        first.entities.with_columns(**{k: pl.Series(k, v) for k, v in ends.items()}),
        sum(w * c.base for w, c in parts),
        sum(w * c.shown for w, c in parts),
        float(ends["residual"][np.argmax(np.abs(ends["residual"]))]),
        first.unit,
        first.currency,
        first.inputs,
    )
