"""How good forecasts were: error, bias, skill against simpler rules, and coverage of the range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

SYSTEM = "amount"
ACTUAL = "actual_amount"
BASELINES: Mapping[str, str] = {
    "last_year_amount": "the same quarter last year",
    "weighted_amount": "stage-weighted pipeline",
    "commit_amount": "closed and commit",
    "managers_amount": "the managers' calls",
}


def wape(forecast: str = SYSTEM, actual: str = ACTUAL) -> pl.Expr:
    """Weighted absolute percentage error: sum of |forecast − actual| ÷ sum of |actual|.

    Rows without a forecast or an outcome are left out; null when nothing was won in any of the others.
    """
    both = pl.col(forecast).is_not_null() & pl.col(actual).is_not_null()
    whole = pl.col(actual).filter(both).abs().sum()
    miss = (pl.col(forecast) - pl.col(actual)).filter(both).abs().sum()
    return pl.when(whole > 0).then(miss / whole)


def bias(forecast: str = SYSTEM, actual: str = ACTUAL) -> pl.Expr:
    """Bias: sum of (forecast − actual) ÷ sum of actual; above 0 the forecast was too high."""
    both = pl.col(forecast).is_not_null() & pl.col(actual).is_not_null()
    whole = pl.col(actual).filter(both).abs().sum()
    return pl.when(whole > 0).then((pl.col(forecast) - pl.col(actual)).filter(both).sum() / whole)


def ratio(forecast: str = SYSTEM, actual: str = ACTUAL) -> pl.Expr:
    """Forecast ÷ actual, both summed; 1 is right, above 1 too high."""
    both = pl.col(forecast).is_not_null() & pl.col(actual).is_not_null()
    whole = pl.col(actual).filter(both).sum()
    return pl.when(whole != 0).then(pl.col(forecast).filter(both).sum() / whole)


def skill(baseline: str, forecast: str = SYSTEM, actual: str = ACTUAL) -> pl.Expr:
    """Skill: 1 − error of the forecast ÷ error of the baseline, on rows that have both.

    1 is perfect, 0 no better than the baseline, below 0 worse; null when the baseline made no error.
    """
    both = pl.all_horizontal(pl.col(n).is_not_null() for n in (baseline, forecast, actual))
    theirs = (pl.col(baseline) - pl.col(actual)).filter(both).abs().sum()
    ours = (pl.col(forecast) - pl.col(actual)).filter(both).abs().sum()
    return pl.when(theirs > 0).then(1 - ours / theirs)


def coverage(actual: str = ACTUAL) -> pl.Expr:
    """Share of outcomes that fell inside [lower, upper]; null without outcomes."""
    inside = pl.col(actual).is_between("lower", "upper")
    return inside.drop_nulls().mean()


def scores(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Score forecasts in groups.

    Parameters
    ----------
    rows : pl.DataFrame
        [amount, actual_amount] and, where known, lower, upper and the baselines.
    by : sequence of str
        Columns to group by; empty for one row.

    Returns
    -------
    pl.DataFrame
        The group's columns and n_forecasts, wape_rate, bias_rate, forecast_to_actual_rate,
        coverage_rate, and for each baseline its error and the skill against it. Null where a
        column is missing or has no denominator. Rows without an outcome are left out.
    """
    done = rows.filter(pl.col(ACTUAL).is_not_null() & pl.col(SYSTEM).is_not_null())
    columns = set(rows.columns)
    none = pl.lit(None, pl.Float64)
    asked = {
        "n_forecasts": pl.len(),
        "wape_rate": wape(),
        "bias_rate": bias(),
        "forecast_to_actual_rate": ratio(),
        "coverage_rate": coverage() if {"lower", "upper"} <= columns else none,
    }
    for name in BASELINES:
        short = name.removesuffix("_amount")
        asked[f"{short}_wape_rate"] = wape(name) if name in columns else none
        asked[f"{short}_skill"] = skill(name) if name in columns else none
    if not by:
        return done.select(**asked) if done.height else done.select(**asked).clear()
    return done.group_by(by, maintain_order=True).agg(**asked).sort(by)
