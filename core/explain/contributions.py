"""Contributions that add up to the number shown, in the unit shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.contracts.amount_visibility import HIDDEN, is_money, visible
from core.contracts.errors import ModelError, closest
from core.explain import drivers, sentences
from core.explain.drivers import NOT_KNOWN
from core.explain.sentences import Unit
from core.localization import joined, message
from core.metrics.measure import left_over

Floats = NDArray[np.float64]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
IDS = ("opportunity_id", "account_id", "entity_id")


class Explainable(Protocol):
    """What a model must have to be explained."""

    booster_: Any
    feature_names_: Sequence[str]
    calibrator_: Any


@dataclass(frozen=True)
class Contributions:
    """Why one prediction, or a total of predictions, is what it is.

    Attributes
    ----------
    frame : pl.DataFrame
        [entity_id, driver, feature, value, contribution], contributions in `unit`.
    entities : pl.DataFrame
        [entity_id, base, shown, residual], one row per prediction.
    base, shown : float
        Sums over the entities in money, means in points and log odds.
    residual : float
        The largest |shown − base − contributions| of any entity: what does not add up.
    unit : {"log_odds", "points", "money"}
    inputs : pl.DataFrame or None
        [entity_id, *features] as the model sees them, words as codes; None where no one row stands behind an entity.
    """

    frame: pl.DataFrame
    entities: pl.DataFrame
    base: float
    shown: float
    residual: float
    unit: Unit
    currency: str = "USD"
    inputs: pl.DataFrame | None = None

    def by_driver(self) -> pl.DataFrame:
        """Return [driver, contribution], largest first; base plus their sum is `shown`."""
        scale = 1 if self.unit == "money" else max(self.entities.height, 1)
        out = self.frame.group_by("driver").agg(pl.col("contribution").sum() / scale)
        return out.sort(pl.col("contribution").abs(), "driver", descending=[True, False])

    def ranked(self) -> pl.DataFrame:
        """Return [driver, feature, value, contribution], largest first; features in plain words."""
        plain = {name: drivers.plain(name) for name in self.frame["feature"].unique()}
        out = self.frame.with_columns(pl.col("feature").replace_strict(plain, return_dtype=pl.String))
        return out.drop("entity_id").sort(pl.col("contribution").abs(), "feature", descending=[True, False])

    def with_amounts(self, amounts: str) -> Contributions:
        """Return the same with what was looked at in money rounded or hidden; what it contributes stays.

        Parameters
        ----------
        amounts : str
            As `amount_visibility.visible` takes it.
        """
        if not amounts:
            return self
        inputs = None if self.inputs is None else visible(self.inputs, amounts)
        return replace(self, frame=seen_values(self.frame, amounts), inputs=inputs)

    def only(self, entity_id: str) -> Contributions:
        """Return the contributions of one entity.

        Raises
        ------
        ModelError
            When it is not among the entities explained.
        """
        row = self.entities.filter(pl.col("entity_id") == entity_id)
        if row.is_empty():
            raise ModelError(
                message("There is no prediction for {entity_id}.", entity_id=entity_id),
                mend="Choose one that is listed.",
            )
        frame = self.frame.filter(pl.col("entity_id") == entity_id)
        base, shown, residual = (float(row[name][0]) for name in ("base", "shown", "residual"))
        inputs = None if self.inputs is None else self.inputs.filter(pl.col("entity_id") == entity_id)
        return Contributions(frame, row, base, shown, residual, self.unit, self.currency, inputs)

    def to_shap(self) -> Any:
        """Return the contributions as shap's own object, for its plots.

        Returns
        -------
        shap.Explanation
            Rows are the entities, columns the features under their plain names. `values` and `base_values` are in
            `unit`: log odds, percentage points of the calibrated chance, or `currency`; a row's values and its base
            sum to what is shown. `data` are the features as the model sees them, words as its codes and NaN
            what is not known; `display_data` are they as they are written.
        """
        from core.explain.tree_interactions import shap_module

        ids, names = self.entities.select("entity_id"), self.frame["feature"].unique(maintain_order=True).to_list()

        def wide(column: str) -> pl.DataFrame:
            table = self.frame.pivot("feature", index="entity_id", values=column, aggregate_function="first")
            return ids.join(table, on="entity_id", how="left", maintain_order="left").select(names)

        numbers = pl.DataFrame({name: [None] * ids.height for name in names}, schema=dict.fromkeys(names, pl.Float64))
        if self.inputs is not None:
            numbers = ids.join(self.inputs, on="entity_id", how="left", maintain_order="left").select(names)
        return shap_module().Explanation(
            values=wide("contribution").fill_null(0.0).to_numpy(),
            base_values=self.entities["base"].to_numpy(),
            data=numbers.fill_null(float("nan")).to_numpy(),
            display_data=wide("value").fill_null(NOT_KNOWN).to_numpy(),
            feature_names=[drivers.plain(name) for name in names],
        )

    def sentence(self, like: str = "a typical one", top: int = 3) -> str:
        """Say the number, its comparator and the largest contributions."""
        return sentences.sentence(self.frame, self.base, self.shown, self.unit, like, top, self.currency)

    def check(self) -> str:
        """Say whether the contributions add up to the number shown."""
        total = float(self.by_driver()["contribution"].sum())
        left = joined(left_over(self.residual, self.currency if self.unit == "money" else self.unit), ".", by="")
        if self.unit == "points":
            return message(
                "{base:.1f} % {total:+.1f} points = {shown:.1f} %: {left}",
                base=self.base,
                total=total,
                shown=self.shown,
                left=left,
            )
        texts = [sentences.number(v, self.unit, self.currency) for v in (self.base, self.shown)]
        change = sentences.change(total, self.unit)
        return message("{base} {change} = {shown}: {left}", base=texts[0], change=change, shown=texts[1], left=left)


def matrix(model: Any, frame: pl.DataFrame) -> Any:
    """Return the model's input for a frame: its own `matrix`, else its features as numbers."""
    if hasattr(model, "matrix"):
        return model.matrix(frame)
    lacking = [name for name in model.feature_names_ if name not in frame.columns]
    if lacking:
        near = closest(lacking[0], frame.columns)
        raise ModelError(
            message("The feature {lacking} is missing.", lacking=lacking[0]),
            mend=message("Is it {near}?", near=near) if near else "Build it again.",
        )
    return frame.select(pl.col(list(model.feature_names_)).cast(pl.Float64)).to_numpy()


def probability(model: Any, margins: Floats) -> Floats:
    """Turn margins (log odds) into calibrated probabilities by the model's own monotone map."""
    calibrator = model.calibrator_
    if calibrator is None:
        return np.asarray(1 / (1 + np.exp(-margins)), dtype=np.float64)
    call = calibrator if callable(calibrator) else calibrator.predict
    return np.asarray(call(np.asarray(margins, dtype=np.float64)), dtype=np.float64)


def shap_values(model: Any, frame: pl.DataFrame) -> tuple[Floats, Floats]:
    """Return exact TreeSHAP contributions (rows by features) and the base margin of each row."""
    raw = np.asarray(model.booster_.predict(matrix(model, frame), pred_contrib=True), dtype=np.float64)
    return raw[:, :-1], raw[:, -1]


def path_slope(model: Any, base: Floats, margin: Floats) -> Floats:
    """Return the mean slope of the calibration map between base and margin; its limit where they meet."""
    gap = margin - base
    near = np.abs(gap) < 1e-9
    step = 1e-4
    limit = (probability(model, base + step) - probability(model, base - step)) / (2 * step)
    chord = (probability(model, margin) - probability(model, base)) / np.where(near, 1.0, gap)
    return np.where(near, limit, chord)


def explain(
    model: Any,
    frame: pl.DataFrame,
    rows: Sequence[str] | None = None,
    unit: Unit = "log_odds",
    amount: str = "amount",
    currency: str = "USD",
    split: tuple[Floats, Floats] | None = None,
) -> Contributions:
    """Split predictions into contributions of their features.

    Parameters
    ----------
    model : Explainable
        A fitted probability model with `booster_`, `feature_names_` and `calibrator_`.
    frame : pl.DataFrame
        One row per prediction, with an id column and the model's features.
    rows : sequence of str, optional
        Ids to explain; default all of them.
    unit : {"log_odds", "points", "money"}
        Points are percentage points of the calibrated probability; money is amount × probability.
    amount : str
        The column with the amount at stake, for money; an empty amount counts as 0.
    currency : str
    split : tuple of ndarray, optional
        What `shap_values` gives for the chosen rows, where it is worked out already.

    Returns
    -------
    Contributions

    Raises
    ------
    ModelError
        When there is nothing to explain or a column is missing.

    Notes
    -----
    In log odds the TreeSHAP values phi_i of LightGBM are exact: m = m0 + sum(phi_i). With the
    calibrated probability p = g(m), integrating along the straight path from m0 to m gives
    contribution_i = phi_i × (g(m) − g(m0)) / (m − m0), which again adds up exactly.
    Source: Lundberg and others 2020 (TreeSHAP); Sundararajan and others 2017 (path integral).
    """
    id_name = next((name for name in IDS if name in frame.columns), None)
    if id_name is None:
        raise ModelError(
            "There is no id column to explain by.", mend=message("One of {ids} is needed.", ids=", ".join(IDS))
        )
    chosen = frame if rows is None else frame.filter(pl.col(id_name).is_in(list(rows)))
    if chosen.is_empty():
        raise ModelError("There is nothing to explain.", mend="Choose a row that is listed.")
    phi, base_margin = shap_values(model, chosen) if split is None else split
    margin = base_margin + phi.sum(axis=1)
    if hasattr(model, "margin"):
        margin = np.asarray(model.margin(chosen), dtype=np.float64)
    base, shown, parts = _in_unit(model, chosen, unit, amount, phi, base_margin, margin)
    left = shown - base - parts.sum(axis=1)
    ids = chosen[id_name].cast(pl.String)
    entities = pl.DataFrame({"entity_id": ids, "base": base, "shown": shown, "residual": left})
    fold = np.sum if unit == "money" else np.mean
    worst = float(left[np.argmax(np.abs(left))])
    long = _long(chosen, ids, list(model.feature_names_), parts)
    inputs = pl.DataFrame(matrix(model, chosen), schema=list(model.feature_names_)).insert_column(
        0, ids.alias("entity_id")
    )
    return Contributions(long, entities, float(fold(base)), float(fold(shown)), worst, unit, currency, inputs)


def _in_unit(
    model: Any, frame: pl.DataFrame, unit: Unit, amount: str, phi: Floats, base: Floats, margin: Floats
) -> tuple[Floats, Floats, Floats]:
    if unit == "log_odds":
        return base, margin, phi
    if unit == "money" and amount not in frame.columns:
        raise ModelError(
            message("There is no column {amount} to explain in money.", amount=amount),
            mend="Explain in points instead.",
        )
    scale = np.full(frame.height, 100.0) if unit == "points" else frame[amount].fill_null(0.0).to_numpy()
    slope = path_slope(model, base, margin)
    return scale * probability(model, base), scale * probability(model, margin), phi * (scale * slope)[:, None]


def _long(frame: pl.DataFrame, ids: pl.Series, features: list[str], parts: Floats) -> pl.DataFrame:
    words = drivers.load()
    feature_index = np.repeat(np.arange(len(features)), frame.height)
    return pl.DataFrame(
        {
            "entity_id": pl.concat([ids] * len(features)),
            "driver": pl.Series([words.driver(name) for name in features], dtype=pl.String)[feature_index],
            "feature": pl.Series(features, dtype=pl.String)[feature_index],
            "value": pl.Series([text for name in features for text in written(frame, name)], dtype=pl.String),
            "contribution": parts.T.ravel(),
        }
    )


def written(frame: pl.DataFrame, name: str) -> list[str]:
    """Write the values of a feature as they are told with its driver."""
    if name not in frame.columns:
        return [NOT_KNOWN] * frame.height
    column = frame[name]
    if "_rate" in name:
        sign = "+" if "change" in name else ""
        return [NOT_KNOWN if v is None or v != v else f"{v * 100:{sign}.0f} %" for v in column.to_list()]  # noqa: PLR0124
    if column.dtype.is_float():
        return [NOT_KNOWN if v is None or v != v else _short(v) for v in column.to_list()]  # noqa: PLR0124
    return [NOT_KNOWN if v is None else v for v in column.cast(pl.String).to_list()]


def seen_values(frame: pl.DataFrame, amounts: str) -> pl.DataFrame:
    """Return rows of [feature, value, …] in which values in money are written as somebody may see them."""
    names = [name for name in frame["feature"].unique() if is_money(name)]
    if not (amounts and names):
        return frame
    is_amount = pl.col("feature").is_in(names)
    texts = frame.filter(is_amount)["value"].drop_nulls().unique().to_list()
    shown = {text: _seen(text, amounts) for text in texts}
    return frame.with_columns(value=pl.when(is_amount).then(pl.col("value").replace(shown)).otherwise("value"))


def _seen(value: str, amounts: str) -> str:
    """Return a text of amounts, such as "1,250" or "1,250 against 990", as somebody may see it."""
    if amounts == HIDDEN:
        return "hidden"

    def rounded(match: re.Match[str]) -> str:
        number = pl.DataFrame({"amount": [float(match.group().replace(",", ""))]})
        return _short(float(visible(number, amounts)["amount"].item()))

    return NUMBER.sub(rounded, value)


def _short(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")
