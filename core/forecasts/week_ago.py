"""The number as it stood on an earlier day of the quarter: the deals as they were, seen by today's model."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import quarter_start
from core.contracts import Dataset
from core.features import deals
from core.marts.as_of import rewind
from core.models import outlook
from core.models.bundle import Bundle
from core.models.outlook import Outlook

WEEK = 7


def earlier_day(data: Dataset, settings: Settings, days: int = WEEK) -> date:
    """Return the day some days ago, or the first day of the running quarter where that is later."""
    return max(data.as_of - timedelta(days=days), quarter_start(data.as_of, settings))


def dataset_on(data: Dataset, settings: Settings, day: date) -> Dataset:
    """Return the data as they were known at the end of an earlier day, worked out once."""
    return _rewound(data, settings, day)


@remembered(2)
def _rewound(data: Dataset, settings: Settings, day: date) -> Dataset:
    return rewind(data, day, settings)


@remembered(4)
def outlook_on(data: Dataset, settings: Settings, bundle: Bundle, day: date) -> Outlook:
    """Return the outlook of an earlier day as today's model sees it.

    Deals stand with the stage, amount, expected close and owner they had, and what was not known then does not count;
    the model is the one that serves now, so that a change shows what happened to deals and not to the model. Without
    a close model the table of past shares serves, as it does today. Like today's number, the quarter's is put right by
    what past forecasts missed by, in the week the earlier day lies in.

    Parameters
    ----------
    data : Dataset
        The company's, or one person's part of it.
    settings : Settings
    bundle : Bundle
    day : date
        Not after the as-of date.

    Returns
    -------
    Outlook
    """
    then = dataset_on(data, settings, day)
    if bundle.close is None:
        return outlook.build(then, settings, record=bundle.record)
    features = deals.build(data.company, day, settings)
    scores = bundle.close.predict(features, day)
    return outlook.build(then, settings, _as_shown(scores, data), bundle.close.past_, bundle.record)


def _as_shown(scores: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Return scores of the company's deals under the ids these data show; they stand in one order in both."""
    shown = data.whole or data
    if not shown.is_masked:
        return scores
    ids = pl.DataFrame(
        {
            "opportunity_id": data.company.opportunities["opportunity_id"],
            "shown_id": shown.opportunities["opportunity_id"],
        }
    )
    named = scores.join(ids, on="opportunity_id", how="inner", maintain_order="left")
    return named.with_columns(opportunity_id="shown_id").drop("shown_id")
