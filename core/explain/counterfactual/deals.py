"""What the close model would say of an open deal if some of its fields stood otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import is_money
from core.explain import drivers
from core.explain.contributions import written
from core.explain.counterfactual import supposed_fields
from core.explain.counterfactual.constraints import LABELS, follow
from core.explain.counterfactual.supposed_fields import Field, Kind
from core.explain.deals import opened
from core.explain.nearest_cases import Crowd, changed, evenly
from core.features import deals
from core.localization import joined, message
from core.models import close, outlook
from core.models.bundle import Bundle
from core.models.close.landmark_archive import Landmarks

CASES = 30
TYPICAL = 200
LEAST_WEIGHT = 0.15
KINDS: dict[str, Kind] = {"amount": "money", "days_to_close": "days ahead"}
BECAME = ("Won", "Lost", "Still open")


@dataclass(frozen=True)
class Supposed(supposed_fields.Supposed):
    """What the model would say of a deal.

    Attributes
    ----------
    before, after : float
        The chance to be won in time, as it is and as supposed.
    frame : pl.DataFrame
        The nearest real past deals: [opportunity_id, opportunity_name, as_of, became, …the fields that can be
        moved]; became is what had become of them in the same number of days: Won, Lost or Still open.
    warnings : tuple of str
        Where the supposed deal lies outside what was seen, or could not exist as asked.
    along : str
        What moves along with what was moved; empty where nothing does.
    """

    along: str = ""
    event: ClassVar[str] = "win chance"

    def became(self) -> str:
        """Count what became of the nearest real past deals in the same time."""
        won, lost, still = (int((self.frame["became"] == end).sum()) for end in BECAME)
        return message(
            "Of {height} similar past deals, {won} were won in that time, {lost} lost and {still} are still open.",
            height=self.frame.height,
            won=won,
            lost=lost,
            still=still,
        )


def fields(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    landmarks: Landmarks,
    opportunity_id: str,
    days: int = 90,
) -> list[Field]:
    """Return the fields of an open deal that a person can change, bounded by what was seen.

    Stage, expected close, amount, meetings, activities, silence and contacts, as far as the close model
    looks at them and they are known of this deal. Bounds are the 1st and 99th percentile of past deals, widened to
    where this one stands; an expected close cannot be moved into the past.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    landmarks : Landmarks
    opportunity_id : str
    days : int
        Days ahead; past deals are those whose outcome is known for as long.

    Raises
    ------
    ModelError
        When there is no close model, or the deal is not open.
    """
    looked_at, row = bundle.need_close().ready().names, opened(bundle, opportunity_id)
    past = _past(dataset, settings, landmarks, days)
    editable = []
    for name, label in LABELS.items():
        now = row[name][0] if name in looked_at else None
        if now is None or past.is_empty() or (dataset.amounts and is_money(name)):
            continue
        if name == "stage_rank":
            names = tuple(settings.stages.open)
            editable.append(Field(name, label, 0.0, float(len(names) - 1), float(now), 1.0, "choice", names))
            continue
        kind = KINDS.get(name, "number")
        ends = supposed_fields.bounds(past[name], float(now), is_money=kind == "money")
        if ends is not None:
            low, high = min(max(ends[0], 0.0), float(now)), ends[1]
            if name == "silence_days" and row["age_days"][0] is not None:
                high = max(min(high, float(row["age_days"][0])), float(now))
            editable += [Field(name, label, low, high, float(now), ends[2], kind)] if high > low else []
    return editable


def suppose(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle,
    landmarks: Landmarks,
    opportunity_id: str,
    values: tuple[tuple[str, float], ...] = (),
    days: int = 90,
) -> Supposed:
    """The win chance of a deal if some of its facts were different.

    It is the model's answer, not a promise: fields move together in life. What follows from a field moves with it,
    so that such a deal could exist: another stage is entered today; a later expected close is one more push, an
    earlier one a pull; the amount carries its change since it was first set; a meeting more in the last 30 days
    is one more in 60 days, in the deal's life and among activities, and ends the silence. The nearest real
    cases are past deals at the least distance over the model's numbers, each as its rank among past deals and
    counting as much as it moves the model's answer; a warning says where the supposed deal lies farther from them
    than 95 of 100 past deals lie from each other. Of each past deal it is known what had become of it after so long.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    landmarks : Landmarks
    opportunity_id : str
    values : tuple of (field, value)
        A stage is given by its place among the open stages, from 0.
    days : int
        Days ahead.

    Raises
    ------
    ModelError
        When there is no close model, the deal is not open, or a field is not one that can be changed.
    """
    model, row = bundle.need_close(), opened(bundle, opportunity_id)
    editable = {field.name: field for field in fields(dataset, settings, bundle, landmarks, opportunity_id, days)}
    moved = supposed_fields.chosen(row, editable, values)
    whole, notes = follow(row.row(0, named=True), moved, settings)
    after = _with(row, whole)
    both, chances = pl.concat([row, after]), np.zeros(2)
    for horizon, weight in outlook.knots(bundle.deal_scores.columns, days).items():
        chances += weight * model.at(horizon).predict(both)
    crowd = _crowd(dataset, settings, bundle, landmarks, days)
    real, far = crowd.nearest(after, CASES, opportunity_id)
    warned = (*notes, *_flat(model, moved), *supposed_fields.warnings(moved, editable, far, "deal"))
    return Supposed(
        float(chances[0]), float(chances[1]), _shown(real, dataset, editable), warned, days, _along(row, after, moved)
    )


def _with(row: pl.DataFrame, values: Mapping[str, Any]) -> pl.DataFrame:
    rest = {name: value for name, value in values.items() if value is None or isinstance(value, str)}
    out = changed(row, {name: float(value) for name, value in values.items() if name not in rest})
    return out.with_columns(**{name: pl.lit(value, row.schema[name]) for name, value in rest.items()})


def _along(row: pl.DataFrame, after: pl.DataFrame, moved: Mapping[str, float]) -> str:
    """Say in words which other features moved."""
    words = drivers.load()
    names = [n for n in deals.NUMBERS if n not in moved and not row[n].equals(after[n])]
    parts = [words.phrase(n, text) for n in names for text in written(after, n)]
    return message("This changes too: {parts}.", parts=joined(*parts, by=", ")) if parts else ""


def _flat(model: close.CloseModel, moved: Mapping[str, float]) -> list[str]:
    """Say where nothing can move the chance, for all deals are given the same."""
    if moved and {model.card_.get("winner"), model.card_.get("winner_lost")} == {"base rate"}:
        return ["There are too few past deals for a model, so every deal has the average win chance."]
    return []


@remembered(2)
def _past(dataset: Dataset, settings: Settings, landmarks: Landmarks, days: int) -> pl.DataFrame:
    """Return past landmarks of the deals one may see, whose end in so many days is known, with what became."""
    marks = landmarks.shown
    if marks.is_empty():
        return marks
    mine = dataset.opportunities.select("opportunity_id")
    marks = marks.join(mine, on="opportunity_id", how="semi", maintain_order="left")
    ended = (pl.col("end_days") <= days).fill_null(value=False)
    end = pl.when(ended & pl.col("is_won")).then(pl.lit(BECAME[0])).when(ended).then(pl.lit(BECAME[1]))
    return marks.filter(pl.col("follow_days") >= days).with_columns(became=end.otherwise(pl.lit(BECAME[2])))


@remembered(2)
def _crowd(dataset: Dataset, settings: Settings, bundle: Bundle, landmarks: Landmarks, days: int) -> Crowd:
    """Lay past deals out, each number counting as much as it moves the model's log odds on average."""
    past, model = _past(dataset, settings, landmarks, days), bundle.need_close().at(days)
    if past.is_empty():
        return Crowd.of(past, deals.NUMBERS, "opportunity_id")
    some = evenly(past, TYPICAL)
    parts = np.abs(model.predict(some, pred_contrib=True)[:, :-1]).mean(axis=0)
    moves = dict(zip(model.feature_names_, parts, strict=True))
    moves["stage_rank"] = moves.get("stage_rank", 0.0) + moves.get("stage", 0.0)
    most = max(moves[n] for n in deals.NUMBERS if n in moves)
    weights = {n: max(moves.get(n, 0.0) / most, LEAST_WEIGHT) if most else 1.0 for n in deals.NUMBERS}
    return Crowd.of(past, deals.NUMBERS, "opportunity_id", weights)


def _shown(real: pl.DataFrame, dataset: Dataset, editable: Mapping[str, Field]) -> pl.DataFrame:
    if real.is_empty():
        return real
    names = dataset.opportunities.select("opportunity_id", "opportunity_name")
    columns = ["stage" if name == "stage_rank" else name for name in editable]
    return real.join(names, on="opportunity_id", how="left", maintain_order="left").select(
        "opportunity_id", "opportunity_name", "as_of", "became", *columns
    )
