"""How a model uses its features over many rows: importance, beeswarm, dependence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from core.contracts.amount_visibility import HIDDEN, is_money
from core.contracts.errors import ModelError, closest
from core.explain.contributions import Contributions, Floats, explain, seen_values, shap_values
from core.localization import joined, message


@dataclass(frozen=True)
class Importance:
    """Overall importance.

    Attributes
    ----------
    bars : pl.DataFrame
        [driver, importance]: mean over rows of |sum of the driver's contributions|, in log odds.
    swarm : pl.DataFrame
        [entity_id, driver, feature, value, contribution, rank], rank in [0, 1] being the
        feature value's place among the rows; null where it is not a number.
    why : Contributions
        What both were worked out from, in log odds.
    """

    bars: pl.DataFrame
    swarm: pl.DataFrame
    why: Contributions

    def to_shap(self) -> Any:
        """Return the contributions behind the bars as a `shap.Explanation`, in log odds, one row per prediction."""
        return self.why.to_shap()

    @property
    def frame(self) -> pl.DataFrame:
        """Return the bars."""
        return self.bars

    def with_amounts(self, amounts: str) -> Importance:
        """Return the same with values in money rounded or hidden, as `amount_visibility.visible` has it."""
        swarm = seen_values(self.swarm, amounts)
        if amounts == HIDDEN:
            is_amount = pl.Series([is_money(name) for name in swarm["feature"]], dtype=pl.Boolean)
            swarm = swarm.with_columns(rank=pl.when(~is_amount).then("rank"))
        return replace(self, swarm=swarm, why=self.why.with_amounts(amounts))

    def sentence(self) -> str:
        """Name the three strongest drivers."""
        total = float(self.bars["importance"].sum())
        if not total:
            return "Nothing moves this prediction."
        top = self.bars.head(3).to_dicts()
        shares = (
            message("{driver} ({share:.0f} %)", driver=r["driver"].lower(), share=r["importance"] / total * 100)
            for r in top
        )
        named = joined(*shares, by=", ")
        return message("Biggest drivers by impact: {named}.", named=named)


def importance(
    model: Any,
    frame: pl.DataFrame,
    top: int = 12,
    most_rows: int = 400,
    split: tuple[Floats, Floats] | None = None,
) -> Importance:
    """Return the importance of each driver and the points behind it.

    Parameters
    ----------
    model : fitted probability model
    frame : pl.DataFrame
        Rows to look at; more than `most_rows` are thinned evenly.
    top : int
        Drivers kept in the beeswarm.
    most_rows : int
    split : tuple of ndarray, optional
        What `shap_values` gives for the whole frame, where it is worked out already.
    """
    step = max(frame.height // most_rows, 1)
    some = None if split is None else (split[0][::step], split[1][::step])
    why = explain(model, frame.gather_every(step), split=some)
    parts = why.frame
    per_row = parts.group_by("driver", "entity_id").agg(pl.col("contribution").sum().abs())
    bars = per_row.group_by("driver").agg(importance=pl.col("contribution").mean())
    bars = bars.sort("importance", "driver", descending=[True, False])
    top_drivers = bars.head(top)["driver"].implode()
    lead = (
        parts.group_by("driver", "feature")
        .agg(size=pl.col("contribution").abs().mean())
        .sort("size", "feature", descending=[True, False])
        .unique("driver", keep="first", maintain_order=True)
        .select("feature")
    )
    number = pl.col("value").str.replace_all(r"[,% ]", "").cast(pl.Float64, strict=False)
    percentile = (number.rank("average") - 1).over("feature") / (number.count().over("feature") - 1).clip(1)
    swarm = (
        parts.join(lead, on="feature", how="semi")
        .filter(pl.col("driver").is_in(top_drivers))
        .with_columns(rank=percentile)
    )
    return Importance(bars, swarm, why)


def dependence(
    model: Any, frame: pl.DataFrame, feature: str, split: tuple[Floats, Floats] | None = None
) -> pl.DataFrame:
    """Return [value, contribution] of one feature over the rows, contributions in log odds.

    Parameters
    ----------
    model : fitted probability model
    frame : pl.DataFrame
    feature : str
    split : tuple of ndarray, optional
        What `shap_values` gives for the frame, where it is worked out already.

    Raises
    ------
    ModelError
        When the model has no such feature; the closest is named.
    """
    names = list(model.feature_names_)
    if feature not in names:
        near = closest(feature, names)
        raise ModelError(
            message("The model has no feature {feature!r}.", feature=feature),
            mend=message("Did you mean {near!r}?", near=near) if near else "",
        )
    phi, _ = shap_values(model, frame) if split is None else split
    value = frame[feature]
    shown = value.cast(pl.Float64) if value.dtype.is_numeric() or value.dtype == pl.Boolean else value.cast(pl.String)
    out = pl.DataFrame({"value": shown, "contribution": phi[:, names.index(feature)]})
    return out.drop_nulls("value").sort("value")
