"""Signs that a model has grown old: today's rows have moved, or late chances were off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.formats import long_day
from core.localization import joined, message
from core.metrics import percent
from core.models import drift
from core.models.bundle import Bundle
from core.models.estimators import calibration

CLEAR = 2.0
FEWEST_LATE = 50
SUBJECTS = {
    "close": ("Which deals are won", "deals", "won in time"),
    "churn": ("Which customers churn", "accounts", "left"),
}
SCHEMA: dict[str, Any] = {
    "model": pl.String,
    "sign": pl.String,
    "value": pl.Float64,
    "limit": pl.Float64,
    "is_alarm": pl.Boolean,
    "said": pl.String,
}


@dataclass(frozen=True)
class Alarms:
    """What speaks for learning anew.

    Attributes
    ----------
    frame : pl.DataFrame
        [model, sign, value, limit, is_alarm, said], one row per model and sign.
    """

    frame: pl.DataFrame

    @property
    def raised(self) -> list[str]:
        """Return the sentences of the alarms."""
        return self.frame.filter("is_alarm")["said"].to_list()

    def sentence(self) -> str:
        """Say what is wrong, or that nothing is."""
        if self.frame.is_empty():
            return "No model is in use yet, so there is nothing to monitor."
        if self.raised:
            return " ".join(self.raised)
        return message(
            "All good: {height} of {height} checks are within their limits. {said}",
            height=self.frame.height,
            said=joined(*self.frame.filter(pl.col("sign") == "off")["said"]),
        )


def alarms(dataset: Dataset, settings: Settings, bundle: Bundle) -> Alarms:
    """Checks that show when a model needs an update.

    Three signs per model. Moved: the share of features whose spread among today's deals or accounts differs from
    that of the year they were learnt from by a population stability index above 0.25. Off: by how much the chances
    of the latest past quarter, by a model that had not seen it, lay above or below what happened; an alarm only
    where chance alone would rarely do that (twice the standard error). Worse: the Brier score of that quarter
    over that of giving everybody the share so far, less 1; above 0 the model was worse than that.

    Parameters
    ----------
    dataset : Dataset
        Not used: what is known today is in the bundle.
    settings : Settings
        `upkeep.moved_rate` and `upkeep.off_rate` are the limits.
    bundle : Bundle
    """
    return watch(bundle, settings)


def watch(bundle: Bundle, settings: Settings) -> Alarms:
    """Return the signs of the models of a bundle."""
    parts: list[tuple[Any, ...]] = []
    horizons = settings.models.horizons_days
    days = {"close": 90 if 90 in horizons else horizons[0], "churn": settings.models.churn_days}
    for subject, model, today in (
        ("close", bundle.close, bundle.deal_features),
        ("churn", bundle.churn, bundle.account_features),
    ):
        if model is None:
            continue
        parts += _moved(subject, drift.stability(model.card_.get("reference", {}), today), settings)
        parts += _late(subject, model.past_, days[subject], settings)
    return Alarms(pl.DataFrame(parts, schema=SCHEMA, orient="row"))


def _moved(subject: str, table: pl.DataFrame, settings: Settings) -> list[tuple[Any, ...]]:
    if table.is_empty():
        return []
    name, noun, _ = SUBJECTS[subject]
    moved, limit = table.filter(pl.col("state") == "moved"), settings.upkeep.moved_rate
    share = moved.height / table.height
    text = message(
        "{name}: {height} of the {height_2} inputs differ clearly between today's {noun} and those "
        "the model was trained on.",
        name=name,
        height=moved.height,
        height_2=table.height,
        noun=noun,
    )
    return [(name, "moved", share, limit, share > limit, text)]


def _late(subject: str, past: pl.DataFrame, days: int, settings: Settings) -> list[tuple[Any, ...]]:
    """Hold the latest quarter of past chances against what happened."""
    name, noun, verb = SUBJECTS[subject]
    here = past.filter(pl.col("horizon_days") == days) if past.height else past
    if here.is_empty():
        return []
    last: Any = here["as_of"].max()
    late = here.filter((pl.lit(last) - pl.col("as_of")).dt.total_days() < 91)
    if late.height < FEWEST_LATE:
        return []
    target, p = late["target"].to_numpy().astype(float), late["p"].to_numpy()
    gap, limit = float((p - target).mean()), settings.upkeep.off_rate
    error = float(np.sqrt(2 * (p * (1 - p)).sum()) / len(p))
    side = "high" if gap > 0 else "low"
    off = (
        message(
            "{name}: of the {height:,} {noun} scored in the quarter to {last}, {mean} were predicted to "
            "be {verb} within {days} days and {mean_2} were",
            name=name,
            height=late.height,
            noun=noun,
            last=long_day(last),
            mean=percent(float(p.mean())),
            verb=verb,
            days=days,
            mean_2=percent(float(target.mean())),
        )
        if subject == "close"
        else message(
            "{name}: of the {height:,} {noun} scored in the quarter to {last}, {mean} were "
            "predicted to churn within {days} days and {mean_2} did",
            name=name,
            height=late.height,
            noun=noun,
            last=long_day(last),
            mean=percent(float(p.mean())),
            days=days,
            mean_2=percent(float(target.mean())),
        )
    )
    off += message(" ({gap:.1f} points too {side}).", gap=abs(gap) * 100, side=side) if abs(gap) >= 0.0005 else "."
    share = late["share"].fill_null(float(target.mean())).to_numpy()
    own, base = calibration.brier(target, p), calibration.brier(target, share)
    worse = own / base - 1 if base > 0 else 0.0
    how = "worse" if worse > 0 else "better"
    than = message(
        "{name}: on those {noun} the model did {how} than the average rate (Brier score {own:.3f} against {base:.3f}).",
        name=name,
        noun=noun,
        how=how,
        own=own,
        base=base,
    )
    return [
        (name, "off", abs(gap), limit, abs(gap) > limit and abs(gap) > CLEAR * error, off),
        (name, "worse", worse, 0.0, worse > 0, than),
    ]
