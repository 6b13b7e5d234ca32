"""How well the repeats of a list came back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl


def prefilled_right(recalled: pl.DataFrame, truth: Mapping[int, str | None]) -> tuple[int, int, int]:
    """Count how well a list's repeats came back.

    Parameters
    ----------
    recalled : pl.DataFrame
    truth : mapping
        The right counterpart of each row that repeats an earlier one, by its place.

    Returns
    -------
    n_repeats, n_filled, n_right : int
        Rows that repeat; those filled in; those filled in with the right counterpart.
    """
    sure = recalled.filter("is_sure")
    prefilled = dict(sure.select("place", "capability_id").iter_rows())
    right = sum(index in prefilled and prefilled[index] == name for index, name in truth.items())
    return len(truth), int(np.isin(list(truth), list(prefilled)).sum()), right
