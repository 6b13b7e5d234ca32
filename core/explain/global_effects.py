"""What moves a model's chances over all of today's rows: drivers, one feature's course, and pairs that act together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import REASON, is_money
from core.contracts.errors import AmountsHiddenError
from core.explain import drivers
from core.explain.bins import bins
from core.explain.contributions import Floats, shap_values
from core.explain.explained_models import subject
from core.explain.importance import Importance, dependence, importance
from core.localization import message
from core.metrics.measure import chance, counted
from core.models.bundle import Bundle


def overall(dataset: Dataset, settings: Settings, bundle: Bundle, of: str = "churn") -> Importance:
    """What moves the chance most, over all paying accounts or all open deals.

    Importance is the mean over rows of the size of a driver's TreeSHAP contributions, in log odds; of a
    logistic regression's terms where that model serves, and of their weighted sum where both do.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    of : {"churn", "close"}

    Raises
    ------
    ModelError
        When there is no such model.
    """
    explained = subject(dataset, settings, bundle, of)
    whole = importance(explained.model, explained.rows, split=_split(dataset, settings, bundle, of))
    return whole.with_amounts(dataset.amounts)


@remembered(4)
def _split(dataset: Dataset, settings: Settings, bundle: Bundle, of: str) -> tuple[Floats, Floats]:
    """Return each row's contributions and base in log odds, which all that is said of a model's rows shares."""
    explained = subject(dataset, settings, bundle, of)
    return shap_values(explained.model, explained.rows)


@dataclass(frozen=True)
class Dependence:
    """How one feature's value goes with its contribution and with the chance.

    Attributes
    ----------
    frame : pl.DataFrame
        [value, contribution], one row per row that knows the feature; contributions in log odds.
    bins : pl.DataFrame
        [place, label, n, p, base]: the mean chance of the rows in each range of the feature, beside that of all
        rows; rows where it is not known come last.
    feature : str
    verb : str
    """

    frame: pl.DataFrame
    bins: pl.DataFrame
    feature: str
    noun: str
    verb: str

    def sentence(self) -> str:
        """Say between which contributions the feature moves the chance, over how many rows and against which base."""
        name = drivers.plain(self.feature)
        if self.frame.is_empty():
            return message("{name} has no data for any {noun}.", name=name, noun=self.noun)
        low, high = float(self.frame["contribution"].min()), float(self.frame["contribution"].max())  # type: ignore[arg-type]
        base = float(self.bins["base"][0])
        return message(
            "{name} takes the chance to {verb} from {moved} at the low end to {moved_2} at the high "
            "end, other things equal; the average is {base}. Based on {things}.",
            name=name,
            verb=self.verb,
            moved=chance(_moved(base, low)),
            moved_2=chance(_moved(base, high)),
            base=chance(base),
            things=counted(self.frame.height, self.noun),
        )


def _moved(base: float, log_odds: float) -> float:
    """Return a chance moved by a contribution in log odds."""
    odds = base / (1 - base) * float(np.exp(log_odds)) if base < 1 else float("inf")
    return odds / (1 + odds) if np.isfinite(odds) else 1.0


def driver(
    dataset: Dataset, settings: Settings, bundle: Bundle, feature: str | None = None, of: str = "churn"
) -> Dependence:
    """How the chance changes with one fact about deals or accounts.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    feature : str, optional
        Default the first of `features`.
    of : {"churn", "close"}

    Raises
    ------
    ModelError
        When the model has no such feature; the closest is named.
    """
    explained = subject(dataset, settings, bundle, of)
    chosen = feature or features(dataset, settings, bundle, of)[0]
    if dataset.amounts and is_money(chosen):
        raise AmountsHiddenError(REASON)
    points = dependence(explained.model, explained.rows, chosen, _split(dataset, settings, bundle, of))
    cut = bins(explained.rows[chosen], order=settings.stages.open)
    rows = explained.rows.with_columns(place=cut.places)
    means = rows.group_by("place").agg(n=pl.len(), p=pl.col("p").mean()).sort("place")
    labels = pl.DataFrame({"label": list(cut.labels)}, {"label": pl.String})
    places = labels.select(pl.int_range(pl.len()).alias("place"), "label")
    averages = places.join(means, on="place").with_columns(base=pl.lit(float(rows["p"].mean())))  # type: ignore[arg-type]
    return Dependence(points, averages, chosen, explained.noun, explained.verb)


def features(dataset: Dataset, settings: Settings, bundle: Bundle, of: str = "churn") -> list[str]:
    """Return a model's features, those that move the chance most first."""
    explained = subject(dataset, settings, bundle, of)
    phi, _ = _split(dataset, settings, bundle, of)
    order = np.argsort(-np.abs(phi).mean(axis=0), kind="stable")
    names = [explained.model.feature_names_[i] for i in order]
    return [name for name in names if not (dataset.amounts and is_money(name))]
