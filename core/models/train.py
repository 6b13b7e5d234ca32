"""Training: every model from a dataset, and what the models say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.features import accounts, deals
from core.models import churn, close
from core.models.bundle import Bundle
from core.models.churn import ChurnModel
from core.models.close import CloseModel
from core.models.revenue import forecast
from core.models.revenue.forecast import RevenueOutlook

Progress = Callable[[float, str], None]


def train_all(dataset: Dataset, settings: Settings, progress: Progress | None = None) -> Bundle:
    """Train every model; one that lacks data is left out with a sentence.

    Parameters
    ----------
    dataset : Dataset
        The company's; `dataset.company` where rows are cut or names hidden.
    settings : Settings
    progress : callable, optional
        Called with a share in [0, 1] and what is being done.

    Returns
    -------
    Bundle
        Without a key, which `registry` gives it.
    """
    say = progress or (lambda share, text: None)
    problems: dict[str, str] = {}
    say(0.05, "Looking back at past deals")
    closing = _try("close", problems, lambda: CloseModel(settings).fit(close.marks(dataset, settings)))
    say(0.70, "Learning who leaves")
    leaving = _try("churn", problems, lambda: ChurnModel(settings).fit(churn.marks(dataset, settings)))
    say(0.85, "Forecasting revenue")
    ahead = _try("revenue", problems, lambda: forecast.forecast_revenue(dataset, settings))
    say(0.95, "Scoring open deals and accounts")
    bundle = scored(dataset, settings, Bundle(closing, leaving, problems))
    say(1.0, "Models ready")
    return bundle if ahead is None else replace(bundle, revenue=_kept(ahead), revenue_held=ahead.replays)


def scored(dataset: Dataset, settings: Settings, models: Bundle) -> Bundle:
    """Return models with what they say of a dataset today.

    Parameters
    ----------
    dataset : Dataset
        Not necessarily the one they were trained on.
    settings : Settings
    models : Bundle

    Returns
    -------
    Bundle
        With features and scores of the dataset; without revenue and without a key.
    """
    open_deals = deals.build(dataset, dataset.as_of, settings)
    paying = accounts.build(dataset, dataset.as_of, settings)
    return Bundle(
        models.close,
        models.churn,
        models.problems,
        open_deals,
        paying,
        models.close.predict(open_deals, dataset.as_of) if models.close else pl.DataFrame(),
        models.churn.predict(paying) if models.churn else pl.DataFrame(),
    )


def _try(name: str, problems: dict[str, str], train: Callable[[], Any]) -> Any:
    try:
        return train()
    except QuarterdeckError as error:
        problems[name] = str(error)
        return None


def _kept(ahead: RevenueOutlook) -> pl.DataFrame:
    """Return a revenue outlook in one frame: the whole as one unit, its parts, and the reasons beside them."""
    whole = ahead.frame.with_columns(unit=pl.lit(forecast.ALL))
    both = pl.concat([whole, ahead.parts.select(whole.columns)])
    if ahead.reasons.is_empty():
        return both
    return both.join(ahead.reasons.drop("amount"), on=["unit", "month"], how="left", maintain_order="left")
