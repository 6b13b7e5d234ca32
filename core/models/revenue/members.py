"""The members of the revenue forecast: ETS, Theta and CES of each unit alone, and boosted trees over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.models.revenue import global_trees
from core.models.revenue.local_models import Floats, alone, drift, within_reach
from core.models.revenue.worker_pool import Crew

MEMBERS = ("ETS", "Theta", "CES", "Trees on the month before", "Trees on the year before")


def members(series: Sequence[Floats], h: int, seed: int, crew: Crew | None = None) -> Floats:
    """Return each member's forecast of each series, shape (members, series, h).

    Parameters
    ----------
    series : sequence of ndarray
        Monthly values of each unit up to its own last month, oldest first, without gaps.
    h : int
        Months ahead.
    seed : int
        Of the boosted trees.
    crew : Crew, optional
        Processes that fit the models of each unit alone while the trees grow here. The forecasts are the same
        without.

    Notes
    -----
    A member that has too little to go on, or leaves the range ever seen by more than three times its
    width, gives the drift of the last months instead; trees that have too little give the mean of the others.
    """
    plain = np.stack([drift(y, h) for y in series])
    apart = crew if crew is not None and crew.ask(series, h) else None
    grown = [global_trees.on_month(series, h, seed), global_trees.on_year(series, h, seed)]
    answers = None if apart is None else apart.answers(len(series), h)
    own = alone(series, h) if answers is None else answers
    bounded = [
        np.mean(own, axis=0)
        if forecast is None
        else np.stack([within_reach(y, f, p) for y, f, p in zip(series, forecast, plain, strict=True)])
        for forecast in grown
    ]
    return np.stack([*own, *bounded])
