"""Whether an account's reasons are the same when the churn model is learnt again from other accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.explain.contributions import explain
from core.models import churn, customers, probability, registry

RESAMPLES = 6
TOP = 3


@dataclass(frozen=True)
class Steadiness:
    """How often each driver is among the three strongest.

    Attributes
    ----------
    frame : pl.DataFrame
        [driver, top_rate, least, most]: the share of retrained models in which the driver is among the
        three strongest, and between which contributions (in points) it lay.
    low, high : float
        Between which chances the retrained models lie.
    n : int
    """

    frame: pl.DataFrame
    low: float
    high: float
    n: int

    def sentence(self) -> str:
        """Say how many of the reasons hold."""
        held = self.frame.filter(pl.col("top_rate") >= 0.8)
        names = ", ".join(d.lower() for d in held["driver"])
        head = f"Over {self.n} models learnt again from other draws of accounts the chance lies between "
        head += f"{self.low * 100:.0f} and {self.high * 100:.0f} %"
        if held.is_empty():
            return (
                f"{head}; no reason stays among the three strongest in four of five of them: do not build on the order."
            )
        return f"{head}; steady among the three strongest: {names}."


def account(dataset: Dataset, settings: Settings, account_id: str, n: int = RESAMPLES) -> Steadiness:
    """Learn the churn model again from resampled accounts and see whether the reasons stay the same.

    Whole accounts are drawn with replacement, so that no account's own past stands on both sides more than
    chance has it; each model is of the kind in use, trained on every other landmark.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    account_id : str
    n : int
        How many models are learnt.

    Raises
    ------
    ModelError
        When the account does not pay or there is too little to learn from.
    """
    found = customers.load_or_build(dataset, settings)
    row = found.features.filter(pl.col("account_id") == account_id)
    if row.is_empty():
        raise ModelError(f"The account {account_id} does not pay at present.", mend="Choose one that is listed.")
    if found.lived.is_empty():
        raise ModelError("There is no past to learn from.", mend="Load more history.")
    days = settings.models.churn_days
    marks = found.lived.with_columns(
        horizon_days=pl.lit(days, pl.Int64), is_known_on=pl.col("as_of") + timedelta(days=days),
        target=pl.col("has_left").cast(pl.Int8),
    )  # fmt: skip
    like = registry.load_or_train(dataset, settings).need_churn().ready()
    ids = marks["account_id"].unique().sort()
    rng = np.random.default_rng(settings.models.seed)
    parts, chances = [], []
    for k in range(n):
        drawn = pl.DataFrame({"account_id": ids[rng.integers(0, ids.len(), ids.len())]})
        model = probability.again(drawn.join(marks, on="account_id"), churn.recipe(settings), settings, like)
        chances.append(float(model.predict(row)[0]))
        parts.append(explain(model, row, unit="points").by_driver().with_columns(draw=pl.lit(k)))
    return _told(pl.concat(parts), chances, n)


def _told(parts: pl.DataFrame, chances: list[float], n: int) -> Steadiness:
    rank = pl.col("contribution").abs().rank("ordinal", descending=True).over("draw")
    frame = parts.with_columns(rank=rank).group_by("driver").agg(
        top_rate=(pl.col("rank") <= TOP).sum() / n,
        least=pl.col("contribution").min(), most=pl.col("contribution").max(),
    )  # fmt: skip
    shown = frame.filter(pl.col("top_rate") > 0).sort("top_rate", "driver", descending=[True, False])
    return Steadiness(shown, min(chances), max(chances), n)
